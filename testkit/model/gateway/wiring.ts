/**
 * Who hears what. Between machines that is `machines/links.ts`, as in the runtime; what is left are the edges, which the
 * runtime's hosts (`actors/stream-host.ts`, `actors/worker-host.ts`) serve at once.
 */

import { deliver } from '../../../machines/links.ts';
import type { Command } from '../../../machines/protocol.ts';
import type { ModelEvent, Posted } from '../actor.ts';

const toWorker = new Set([
  'process.spawned',
  'process.exited',
  'handshake.completed',
  'handshake.failed',
  'pulse.lost',
  'wear.observed',
]);

export const wiring =
  (responses: readonly string[], signsIn: boolean) =>
  (from: string, command: ModelEvent): readonly Posted[] => {
    const [kind = '', who = ''] = from.split('/');
    const post = (...to: readonly string[]): Posted[] => to.map((one) => ({ to: one, event: command }));
    switch (kind) {
      case 'client':
        return post(`stream/${who}`);
      case 'operator':
        return command.type === 'strays' ? [command['letter'] as Posted] : post('supervisor');
      case 'turn':
        if (command.type === 'strays') return [{ to: `stream/${who}`, event: command['event'] as ModelEvent }];
        return post(`scribe/${who}`);
      case 'scribe':
        return command.type === 'log.write' ? [] : post(`stream/${who}`);
      case 'process':
        if (command.type === 'process.lost')
          return post(...responses.map((response) => `turn/${response}`), ...(signsIn ? ['account'] : []));
        if (signsIn && command.type === 'handshake.completed') {
          const known = { to: 'account', event: { type: command.type, slot: Number(who) } };
          return [...post(`worker/${who}`), known];
        }
        if (command.type === 'turn.begin' || command.type === 'turn.end')
          return post(`turn/${String(command['response'])}`);
        return toWorker.has(command.type) ? post(`worker/${who}`) : [];
      case 'account':
        return post('login');
      case 'login':
        if (command.type === 'account.read' || command.type === 'login.start') return post('account');
        break;
      case 'stream':
        if (command.type === 'log.end') return post(`scribe/${who}`, `client/${who}`);
        if (command.type === 'log.begin' || command.type === 'stream.close') return post(`scribe/${who}`);
        if (command.type === 'turn.start' || command.type === 'turn.stop') {
          const { slot } = command['lease'] as { slot: number };
          return post(`scribe/${who}`, `process/${slot}`);
        }
        break;
      case 'worker':
        if (command.type.startsWith('process.')) return post(`process/${who}`);
    }
    return deliver(command as unknown as Command)
      .filter(({ to }) => signsIn || to !== 'login')
      .map(({ to, event }) => ({ to, event: event as unknown as ModelEvent }));
  };
