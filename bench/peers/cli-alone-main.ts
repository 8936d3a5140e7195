/**
 * The CLI without a gateway: turns as a program would run them that needs no HTTP. Takes its orders over IPC, see
 * `cli-alone.ts`. Invariant: a turn that fails ends it.
 */

import process from 'node:process';
import { NaiveCodex } from './naive-codex.ts';
import type { Order } from './cli-alone.ts';
import { readPeerSettings } from './peer-settings.ts';

const settings = readPeerSettings(process.env);
const codex = await NaiveCodex.start(settings.codexBin, settings.workers);

async function turns({ model, texts, concurrent }: Order): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let text = texts[next++]; text !== undefined; text = texts[next++]) {
      const { error } = await (await codex.turn(model, text, () => {})).ended;
      if (error !== null) throw new Error(error);
    }
  };
  await Promise.all(Array.from({ length: concurrent }, lane));
}

process.on('message', (order: Order) => {
  const startedMs = performance.now();
  const done = order.oneThread ? codex.converse(order.model, order.texts) : turns(order);
  done.then(
    () => process.send?.({ elapsedMs: performance.now() - startedMs }),
    (error: Error) => process.send?.({ failure: error.message }),
  );
});
process.once('disconnect', () => {
  codex.stop();
  process.exit(0);
});
process.send?.({ elapsedMs: 0 });
