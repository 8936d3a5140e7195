/**
 * The truth text of the messages of one answer: the deltas of each; completed by the item's own text where that goes
 * further; the item's text where there were no deltas; the deltas where both disagree. Invariant: a message that begins
 * while one with delivered text is unfinished is a repetition, and nothing of it is taken.
 */

interface Message {
  readonly id: string;
  readonly kind: 'message' | 'reasoning';
  deltas: string;
  /** Upstream has closed it. */
  settled: boolean;
  /** The log has it. */
  written: boolean;
}

/** What the fake holds of the message that it is writing. */
interface Draft {
  readonly id: string;
  readonly pieces: string[];
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** Half a character is held back until its other half comes. */
const whole = (text: string): string => (isHigh(text.charCodeAt(text.length - 1)) ? text.slice(0, -1) : text);

export class Messages {
  readonly #repeated: () => never;
  readonly #order: Message[] = [];
  readonly #over = new Map<string, Message>();
  #open: Message | null = null;
  #draft: Draft | null = null;
  #thought: string | null = null;
  #sampling = 0;
  #index = 0;
  delivered = false;

  /** The name that the fake gives to its sampling. */
  get sampling(): string {
    return `sampling ${this.#sampling}`;
  }

  /** A reasoning item is being written. */
  get thinking(): boolean {
    return this.#thought !== null;
  }

  constructor(repeated: () => never) {
    this.#repeated = repeated;
  }

  /* The fake's side: which id comes next. */

  mint(prefix: string): string {
    return `${prefix}_${this.#sampling}_${this.#index}`;
  }

  next(): void {
    this.#index += 1;
  }

  /** A retry: indexes start again, and what is open stays open. */
  forget(): void {
    this.#draft = null;
    this.#thought = null;
    this.#sampling += 1;
    this.#index = 0;
  }

  /** A message to write; what is announced of it is for the reader to hear. */
  draft(id = this.mint('msg'), text = ''): string {
    this.#draft = { id, pieces: [text] };
    return id;
  }

  get drafting(): boolean {
    return this.#draft !== null;
  }

  say(text: string): void {
    this.#draft?.pieces.push(text);
  }

  closed(): void {
    this.#draft = null;
    this.#index += 1;
  }

  /* The reader's side: what that means. */

  begin(id: string, kind: Message['kind']): void {
    if (kind === 'reasoning') this.#thought = id;
    if (this.#open?.id === id || this.#over.has(id)) return;
    const open = this.#open;
    if (kind === 'message' && open?.kind === 'message' && open.written && !open.settled) this.#repeated();
    this.interrupt();
    this.#open = { id, kind, deltas: '', settled: false, written: false };
    this.#order.push(this.#open);
  }

  /** Something else takes the place of the open item. */
  interrupt(): void {
    const open = this.#open;
    this.#open = null;
    if (open !== null && (open.written || open.settled)) this.#over.set(open.id, open);
  }

  delta(text: string): void {
    const id = this.#draft?.id ?? '';
    if (text === '') return;
    this.begin(id, 'message');
    const open = this.#current(id);
    if (open === null) {
      // Words that come after something else has taken their place cannot be put in order any more.
      if (this.#over.get(id)?.settled === false) this.#repeated();
      return;
    }
    open.deltas += text;
    if (whole(open.deltas) !== '') this.#write(open);
  }

  completed(text?: string): void {
    const { id, pieces } = this.#draft ?? { id: this.mint('msg'), pieces: [] };
    this.begin(id, 'message');
    const open = this.#current(id);
    if (open === null) return;
    const told = text ?? pieces.join('');
    if (told.startsWith(open.deltas)) open.deltas = told;
    if (open.deltas !== '') this.#write(open);
    open.settled = true;
  }

  finalized(): void {
    const id = this.#draft?.id ?? this.mint('msg');
    this.begin(id, 'message');
    if (this.#open?.id !== id) return;
    this.#open.settled = true;
    this.#write(this.#open);
  }

  reason(): void {
    if (this.#thought === null) return;
    this.begin(this.#thought, 'reasoning');
    const open = this.#current(this.#thought);
    if (open !== null) this.#write(open);
  }

  reasoned(): void {
    if (this.#thought === null) return;
    this.begin(this.#thought, 'reasoning');
    if (this.#open?.id === this.#thought) {
      this.#open.settled = true;
      this.#write(this.#open);
    }
    this.#thought = null;
    this.#index += 1;
  }

  sampled(): void {
    if (this.#open?.settled === true) this.interrupt();
  }

  /** The answer so far; of a failure, half a character at its end never comes. */
  text(failed: boolean): string {
    return this.#order
      .filter(({ kind, written, settled }) => kind === 'message' && (written || settled))
      .map((message) => (failed && message === this.#open && !message.settled ? whole(message.deltas) : message.deltas))
      .filter((text) => text !== '')
      .map((text) => text.toWellFormed())
      .join('\n\n');
  }

  #current(id: string): Message | null {
    const open = this.#open;
    return open !== null && open.id === id && !open.settled ? open : null;
  }

  #write(message: Message): void {
    message.written = true;
    this.delivered = true;
  }
}
