/**
 * What a user would write in an afternoon, on `node:http` and with Express: the same workers and the same translation, one
 * object and one write a delta.
 */

import { join } from 'node:path';
import type { Api, StartOptions, Subject } from '../subject.ts';
import { startProgram } from './process.ts';

const speaks: readonly Api[] = ['responses', 'chat', 'responses-whole', 'chat-whole', 'models'];
const shim = join(import.meta.dirname, '../shim/main.ts');

const start =
  (main: string) =>
  ({ env = {}, ...options }: StartOptions = {}) =>
    startProgram([join(import.meta.dirname, main)], { ...options, env: { CODEX_BIN: shim, ...env } });

export const nodeHttp: Subject = { name: 'node-http', speaks, start: start('node-http-main.ts') };
export const express: Subject = { name: 'express', speaks, start: start('express-main.ts') };
