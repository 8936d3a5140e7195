/**
 * What went through the pipes of a worker, line by line with its time: for goldens and for replaying a fault. Holds prompts
 * and answers, so it is for tests and is never switched on by itself.
 */

import { Packr } from 'msgpackr';
import type { Clock } from '../actors/seams.ts';
import { LineSplitter } from './lines.ts';
import type { ProcessSpawner } from './process.ts';

/** `in` is what the process was told, `out` what it said. */
export type Frame = readonly [tMs: number, direction: 'in' | 'out' | 'err', line: string];

const packr = new Packr({ useRecords: false });
const version = 1;

export const packTranscript = (frames: readonly Frame[]): Uint8Array => packr.pack([version, frames]);

const isFrame = (value: unknown): value is Frame =>
  Array.isArray(value) &&
  typeof value[0] === 'number' &&
  (value[1] === 'in' || value[1] === 'out' || value[1] === 'err') &&
  typeof value[2] === 'string';

/** Null: these bytes are no transcript. */
export const unpackTranscript = (bytes: Uint8Array): readonly Frame[] | null => {
  try {
    const value: unknown = packr.unpack(bytes);
    if (!Array.isArray(value) || value[0] !== version || !Array.isArray(value[1])) return null;
    return value[1].every(isFrame) ? value[1] : null;
  } catch {
    return null;
  }
};

/** The same processes, with a tap on their pipes. */
export const recording =
  (spawner: ProcessSpawner, clock: Clock, lineBytesMax: number, record: (frame: Frame) => void): ProcessSpawner =>
  (spec, events) => {
    const startMs = clock.now();
    const out = new LineSplitter({ lineBytesMax });
    const err = new LineSplitter({ lineBytesMax });
    const tap = (direction: Frame[1], lines: readonly string[]): void => {
      for (const line of lines) record([clock.now() - startMs, direction, line]);
    };
    const process = spawner(spec, {
      ...events,
      stdout: (chunk) => {
        tap('out', out.push(chunk));
        events.stdout(chunk);
      },
      stderr: (chunk) => {
        tap('err', err.push(chunk));
        events.stderr(chunk);
      },
    });
    return {
      ...process,
      write: (text) => {
        tap(
          'in',
          text.split('\n').filter((line) => line !== ''),
        );
        return process.write(text);
      },
    };
  };
