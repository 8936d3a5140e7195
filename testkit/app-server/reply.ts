/**
 * Who is served and how an answer leaves. Invariant: a handler calls exactly one of the two functions of its reply, once,
 * now or later.
 */
import type { JsonObject, Refusal } from './lines.ts';

export interface Client {
  name: string;
  version: string;
  initialized: boolean;
  experimental: boolean;
  optOut: ReadonlySet<string>;
}

export interface Reply {
  answer(result: JsonObject): void;
  refuse(why: Refusal): void;
}

export type Handler = (params: JsonObject, reply: Reply) => void;
