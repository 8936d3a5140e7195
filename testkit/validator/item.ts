/**
 * The life of one output item (rule 5): added -> (parts, one open at a time) -> done, with one identity throughout.
 * `folded` is the item as the events built it; rule 6 compares every copy with it.
 */
import { type ItemVocabulary, itemCheck, itemShapes, partShapes } from './item-shape.ts';
import { differencePath, type JsonObject, objectOf, shown, textOf } from './json.ts';
import { channels, GrowingText } from './part.ts';
import type { StreamEvent } from './vocabulary.ts';
import { demand } from './violation.ts';

/** Known late: the model decides on them while the item is open. */
const lateKeys = ['phase', 'encrypted_content', 'namespace', 'created_by'];

export class OutputItem {
  readonly outputIndex: number;
  readonly id: string;
  readonly type: string;
  readonly #added: JsonObject;
  readonly #vocabulary: ItemVocabulary;
  readonly #closed: Record<'content_index' | 'summary_index', JsonObject[]> = { content_index: [], summary_index: [] };
  #open: GrowingText | null = null;
  #done: JsonObject | null = null;

  constructor(event: StreamEvent, outputIndex: number, vocabulary: ItemVocabulary) {
    const item = objectOf(event.body['item']);
    const problem = itemCheck('added', vocabulary)(item, 'item');
    demand(problem === null, 5, event.index, problem ?? '');
    this.outputIndex = outputIndex;
    this.id = textOf(item['id']);
    this.type = textOf(item['type']);
    this.#added = item;
    this.#vocabulary = vocabulary;
    const call = channels.find((channel) => channel.itemType === this.type && channel.partType === null);
    if (call !== undefined) this.#open = new GrowingText(call, 0);
  }

  /** The item of `output_item.done`, or null while the item is open. */
  get done(): JsonObject | null {
    return this.#done;
  }

  accept(event: StreamEvent): void {
    demand(event.body['item_id'] === this.id, 5, event.index, `item_id must be ${this.id}`);
    demand(this.#done === null, 5, event.index, `${event.type} after the item is done`);
    if (event.type.endsWith('_part.added')) this.#openPart(event);
    else if (event.type.endsWith('_part.done')) this.#closePart(event);
    else if (event.type.endsWith('.annotation.added')) this.#openText(event).annotate(event);
    else if (!channels.some(({ family }) => event.type.startsWith(`${family}.`))) return;
    else if (event.type.endsWith('.delta')) this.#openText(event).append(event);
    else this.#openText(event).finish(event);
  }

  #openPart(event: StreamEvent): void {
    demand(this.#open === null, 5, event.index, 'the previous part is still open');
    const part = objectOf(event.body['part']);
    const indexKey = event.type.includes('summary') ? 'summary_index' : 'content_index';
    const channel = channels.find((known) => known.itemType === this.type && known.partType === part['type']);
    demand(
      channel?.indexKey === indexKey,
      5,
      event.index,
      `part ${shown(part['type'])} does not belong into ${this.type}`,
    );
    const at = this.#closed[indexKey].length;
    demand(event.body[indexKey] === at, 5, event.index, `${indexKey} must be ${at}`);
    const fresh = new GrowingText(channel, at);
    const difference = differencePath(fresh.folded(part), part, 'part');
    demand(difference === null, 5, event.index, `${difference}: a part is added empty`);
    this.#open = fresh;
  }

  #openText(event: StreamEvent): GrowingText {
    const open = this.#open;
    demand(open !== null, 5, event.index, `${event.type} outside an open part`);
    const family = event.type.replace(/\.(delta|done|annotation\.added)$/, '');
    demand(open.channel.family === family, 5, event.index, `${event.type} inside a part of ${open.channel.family}`);
    const { indexKey } = open.channel;
    const placed = indexKey === null || event.body[indexKey] === open.at;
    demand(placed, 5, event.index, `${indexKey} must be ${open.at}`);
    return open;
  }

  #closePart(event: StreamEvent): void {
    const open = this.#open;
    const { indexKey } = open?.channel ?? { indexKey: null };
    demand(open !== null && indexKey !== null, 5, event.index, `${event.type} without an open part`);
    demand(event.body[indexKey] === open.at, 5, event.index, `${indexKey} must be ${open.at}`);
    demand(open.finished, 5, event.index, `${event.type} before ${open.channel.family}.done`);
    const part = objectOf(event.body['part']);
    const folded = open.folded(part);
    const difference = differencePath(folded, part, 'part');
    demand(difference === null, 6, event.index, `${difference} differs from the deltas`);
    const problem = partShapes[textOf(part['type'])]?.(part, 'part') ?? null;
    demand(problem === null, 5, event.index, problem ?? '');
    this.#closed[indexKey].push(folded);
    this.#open = null;
  }

  close(event: StreamEvent): void {
    demand(this.#done === null, 5, event.index, `second ${event.type} for output_index ${this.outputIndex}`);
    const item = objectOf(event.body['item']);
    for (const key of ['id', 'type', 'call_id', 'name', 'role']) {
      const same = item[key] === this.#added[key];
      demand(same, 5, event.index, `item.${key} changed from ${shown(this.#added[key])} to ${shown(item[key])}`);
    }
    const problem = itemCheck('settled', this.#vocabulary)(item, 'item');
    demand(problem === null, 5, event.index, problem ?? '');
    const openPart = this.#open !== null && this.#open.channel.indexKey !== null;
    demand(!openPart, 5, event.index, 'item is done while a part is open');
    demand(this.#open === null || this.#open.finished, 5, event.index, 'call is done before its arguments are');
    // Hosted items are foreign: how they grow between added and done is not ours to judge.
    const difference = this.type in itemShapes ? differencePath(this.#folded(item), item, 'item') : null;
    demand(difference === null, 6, event.index, `${difference} differs from the events of this item`);
    const answered =
      this.type !== 'message' || item['status'] === 'incomplete' || this.#closed.content_index.length > 0;
    demand(answered, 5, event.index, 'a completed message has at least one part, if only an empty one');
    const called = this.type !== 'function_call' || item['status'] === 'incomplete' || item['arguments'] !== '';
    demand(called, 6, event.index, 'a call without arguments ends as "{}"');
    this.#done = item;
  }

  #folded(item: JsonObject): JsonObject {
    const fresh = lateKeys.filter((key) => key in item && (!(key in this.#added) || key === 'encrypted_content'));
    const late = Object.fromEntries(fresh.map((key) => [key, item[key] ?? null]));
    const grown: Record<string, JsonObject[] | string> = {};
    const parts = this.#closed.content_index;
    if (this.type === 'message' || parts.length > 0 || 'content' in item) grown['content'] = parts;
    if (this.type === 'reasoning') grown['summary'] = this.#closed.summary_index;
    if (this.#open !== null) grown[this.#open.channel.field] = this.#open.text;
    return { ...this.#added, ...late, status: item['status'] ?? null, ...grown };
  }
}
