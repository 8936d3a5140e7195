/**
 * Files of lines that all nodes write: the parent is the one who does, so lines are whole and files are begun anew once. Invariant:
 * a file is opened once, and only one whose name is known.
 */

import { z } from 'zod';
import type { Peer } from '../../actors/link.ts';
import { hostWords } from './words.ts';

export interface LineFile {
  append(line: string): void;
  settled(): Promise<void>;
  /** Why nothing could be written when that was tried last. */
  readonly unwritable: string | null;
}

const names = ['access_log', 'sanitizer_log', 'wire_trace', 'app_server_capture', 'thinking_capture'] as const;
export type HostFileName = (typeof names)[number];

export interface FileSpec {
  readonly path: string;
  readonly name: HostFileName;
  readonly bytesMax: number;
  readonly keep: number;
}

const spec = z.object({
  path: z.string().min(1).max(4_096),
  name: z.enum(names),
  bytesMax: z.number().positive(),
  keep: z.number().int().min(0).max(1_000),
});
const written = z.tuple([z.enum(names), z.string()]);

/** Beyond it a line is not sent: it would not fit into a frame with what surrounds it. */
const lineBytesMax = 2_097_152;
/** Lines that wait for the parent to read. */
const waitingBytesMax = 4_194_304;

export class FileDesk {
  readonly #open: (spec: FileSpec) => LineFile;
  readonly #files = new Map<HostFileName, LineFile>();

  constructor(open: (spec: FileSpec) => LineFile) {
    this.#open = open;
  }

  rose(peer: Peer): void {
    peer.answer(hostWords.fileOpened, (sent) => {
      const { success, data } = spec.safeParse(sent);
      if (success && !this.#files.has(data.name)) this.#files.set(data.name, this.#open(data));
    });
    peer.answer(hostWords.line, (sent) => {
      const { success, data } = written.safeParse(sent);
      if (success) this.#files.get(data[0])?.append(data[1]);
    });
    peer.answer(hostWords.fileSettled, async (name) => {
      const file = this.#files.get(name as HostFileName);
      await file?.settled();
      return file?.unwritable ?? null;
    });
  }

  async settled(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.settled()));
  }
}

/** The same file as a node writes it; `dropped` is told of each line that is not written. */
export function linkedFile(peer: Peer, file: FileSpec, dropped: () => void): LineFile {
  const { path, name, bytesMax, keep } = file;
  let unwritable: string | null = null;
  let waiting: string[] = [];
  let waitingBytes = 0;
  const take = (): readonly string[] => {
    const lines = waiting;
    waiting = [];
    waitingBytes = 0;
    return lines;
  };
  let full = !peer.tell(hostWords.fileOpened, { path, name, bytesMax, keep });
  const append = (line: string): void => {
    const bytes = Buffer.byteLength(line);
    if (bytes > lineBytesMax || waitingBytes + bytes > waitingBytesMax) dropped();
    else if (!full) full = !peer.tell(hostWords.line, [name, line]);
    else {
      waiting.push(line);
      waitingBytes += bytes;
    }
  };
  peer.onDrained(() => {
    full = false;
    for (const line of take()) append(line);
  });
  return {
    append,
    settled: async () => {
      // The end is near: what waits goes along, and has its bound.
      for (const line of take()) peer.tell(hostWords.line, [name, line]);
      const told = await peer.ask(hostWords.fileSettled, name).catch(() => 'unreachable');
      unwritable = typeof told === 'string' ? told : null;
    },
    get unwritable() {
      return unwritable;
    },
  };
}
