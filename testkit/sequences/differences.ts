/** Where an answer differs from the prediction. Invariant: whoever compares a part of an answer compares its beginning. */

import { isStream } from '../world/modes.ts';
import { statusOf } from './errors.ts';
import type { Told } from './play.ts';
import type { Received } from './received.ts';
import { sessionLimits as limits, slackMs } from './session.ts';
import type { Prediction } from './truth.ts';
import { isEstimate, type Tokens } from './tokens.ts';

const tokens = ({ input, output, cached, reasoning }: Tokens): Tokens => ({ input, output, cached, reasoning });
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 40)}…(${text.length})` : text);

/** Without the blank lines that part messages, so a little less where texts have their own. */
const visibleChars = ({ text, calls }: Received): number =>
  text.replaceAll('\n\n', '').length + calls.reduce((sum, call) => sum + call.arguments.length, 0);

/** The first difference between what arrived whole and what was predicted, with its invariant. */
export const difference = (told: Told, received: Received, predicted: Prediction): readonly [string, string] | null => {
  const { scene, client, askedAt, endedAt } = told;
  const { socket } = client;
  if ((received.end === 'answer') !== (predicted.code === null) || received.code !== predicted.code)
    return ['I-4', `it says ${received.code ?? received.end} instead of ${predicted.code ?? 'an answer'}`];
  const streamed = socket.status === 200 && isStream(scene.mode);
  if (predicted.code === null || streamed) {
    if (received.text !== predicted.text)
      return ['I-1', `${short(JSON.stringify(received.text))} instead of ${short(JSON.stringify(predicted.text))}`];
    if (!same(received.calls, predicted.calls))
      return [
        'I-7',
        `calls ${short(JSON.stringify(received.calls))} instead of ${short(JSON.stringify(predicted.calls))}`,
      ];
  }
  if (predicted.code === null) {
    if (received.finish !== predicted.finish)
      return ['I-4', `finish ${received.finish} instead of ${predicted.finish}`];
    const asked = scene.mode !== 'cs' || scene.includeUsage;
    if (asked && predicted.usage === null) {
      if (received.usage === null || !isEstimate(received.usage, visibleChars(received)))
        return ['I-4', `usage ${JSON.stringify(received.usage)} where it had to be estimated`];
    } else if (!same(received.usage, asked && predicted.usage !== null ? tokens(predicted.usage) : null))
      return ['I-4', `usage ${JSON.stringify(received.usage)} instead of ${JSON.stringify(predicted.usage)}`];
  } else if (socket.status === 200) {
    const silentMs = (endedAt ?? 0) - askedAt - (isStream(scene.mode) ? limits.headMs : limits.silenceMs);
    const early = predicted.saidMs === null && silentMs < -slackMs;
    if (early) return ['I-4', 'it failed before anything was said, and that was no HTTP status'];
  } else {
    if (isStream(scene.mode) && predicted.saidMs !== null && predicted.endsMs - predicted.saidMs > slackMs)
      return ['I-4', `status ${socket.status} after something was said`];
    if (socket.status !== statusOf[predicted.code])
      return ['I-4', `status ${socket.status} for ${predicted.code} instead of ${statusOf[predicted.code]}`];
  }
  if (scene.mode === 'rs' && streamed && received.events !== told.handle.log.length)
    return ['I-10', `${received.events} events of a log of ${told.handle.log.length}`];
  return null;
};

/** What arrived in part, or until a worker died, is the beginning of what was predicted. */
export const contradiction = ({ text, calls }: Received, predicted: Prediction): readonly [string, string] | null => {
  if (!predicted.text.startsWith(text.replace(/\ufffd$/u, '')))
    return ['I-1', `${short(JSON.stringify(text))} is no beginning of ${short(JSON.stringify(predicted.text))}`];
  const invented = calls.find(({ name, arguments: given }, index) => {
    const whole = predicted.calls[index];
    return whole?.name !== name || !whole.arguments.startsWith(given);
  });
  return invented === undefined ? null : ['I-7', `call ${JSON.stringify(invented)} was never made`];
};
