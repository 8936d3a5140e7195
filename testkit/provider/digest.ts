// A fingerprint of the input of a request, so that a test can compare what the model read with what a client sent.
// Invariant: ids and member order do not count (the CLI mints ids anew); every other byte of the input does.

import { createHash } from 'node:crypto';
import { inputChars, isJson, type Json, type ModelRequest } from './request.ts';

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isJson(value)) return value;
  const names = Object.keys(value).filter(
    (name) => name !== 'id' && name !== 'internal_chat_message_metadata_passthrough',
  );
  return Object.fromEntries(names.toSorted().map((name) => [name, canonical(value[name])]));
}

export function sha256(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(value)))
    .digest('hex');
}

export type ItemDigest = {
  readonly type: string;
  readonly role?: string;
  readonly chars: number;
  readonly sha256: string;
};

export type InputDigest = {
  readonly items: readonly ItemDigest[];
  readonly tools: readonly string[];
  readonly chars: number;
  readonly sha256: string;
};

function digestItem(item: Json): ItemDigest {
  const role = item['role'];
  return {
    type: String(item['type']),
    ...(typeof role === 'string' ? { role } : {}),
    chars: inputChars([item]),
    sha256: sha256(item),
  };
}

export function digestInput(request: Pick<ModelRequest, 'input' | 'tools'>): InputDigest {
  return {
    items: request.input.map(digestItem),
    tools: request.tools.map((tool) => tool.name),
    chars: inputChars(request.input),
    sha256: sha256(request.input),
  };
}
