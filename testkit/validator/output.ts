/**
 * The output list while it grows (rules 5 and 6): indices without gaps, ids and call ids never reused, one item open
 * at a time unless interleaving is allowed, and the final output exactly what `output_item.done` said.
 */
import { OutputItem } from './item.ts';
import type { ItemVocabulary } from './item-shape.ts';
import { type Json, type JsonObject, listOf, objectOf, shown, textOf } from './json.ts';
import type { StreamEvent } from './vocabulary.ts';
import { demand } from './violation.ts';

export class Output {
  readonly #vocabulary: ItemVocabulary;
  readonly #interleaved: boolean;
  readonly #items: OutputItem[] = [];
  readonly #ids = new Set<string>();

  constructor(vocabulary: ItemVocabulary, interleaved: boolean) {
    this.#vocabulary = vocabulary;
    this.#interleaved = interleaved;
  }

  get count(): number {
    return this.#items.length;
  }

  accept(event: StreamEvent): void {
    const at = event.body['output_index'];
    if (event.type === 'response.output_item.added') {
      this.#add(event, at);
      return;
    }
    const item = typeof at === 'number' ? this.#items[at] : undefined;
    demand(item !== undefined, 5, event.index, `${event.type} for output_index ${shown(at)}, which was never added`);
    if (event.type === 'response.output_item.done') item.close(event);
    else item.accept(event);
  }

  #add(event: StreamEvent, at: Json | undefined): void {
    const expected = this.#items.length;
    demand(at === expected, 5, event.index, `output_index must be ${expected}, got ${shown(at)}`);
    const previous = this.#items.at(-1);
    const free = this.#interleaved || previous === undefined || previous.done !== null;
    demand(free, 5, event.index, 'items are emitted one after another; the previous one is open');
    const cut = this.#items.some((item) => item.done?.['status'] === 'incomplete');
    demand(!cut, 7, event.index, 'an incomplete item is the last one');
    this.#items.push(new OutputItem(event, expected, this.#vocabulary));
    const { id, call_id: callId } = objectOf(event.body['item']);
    // A call and its output share the call id, hence the prefix by kind.
    const kind = textOf(objectOf(event.body['item'])['type']).replace(/^custom_tool_/, 'function_');
    for (const name of [id, typeof callId === 'string' ? `${kind} ${callId}` : undefined]) {
      if (typeof name !== 'string') continue;
      demand(!this.#ids.has(name), 5, event.index, `${name} is used twice`);
      this.#ids.add(name);
    }
  }

  /** What is done so far, in order: the `output` a terminal event must carry. */
  settled(): readonly JsonObject[] {
    return this.#items.flatMap((item) => (item.done === null ? [] : [item.done]));
  }

  assertAllDone(at: number): void {
    const open = this.#items.find((item) => item.done === null);
    demand(open === undefined, 7, at, `item ${open?.id} is still open`);
  }

  assertCopied(response: JsonObject, at: number): void {
    const settled = this.settled();
    const copies = listOf(response['output']);
    demand(copies.length === settled.length, 6, at, `output has ${copies.length} items, ${settled.length} were done`);
    for (const [place, item] of settled.entries()) {
      const same = JSON.stringify(item) === JSON.stringify(copies[place]);
      demand(same, 6, at, `output[${place}] is not byte for byte the item of its output_item.done`);
    }
  }
}
