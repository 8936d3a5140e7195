/**
 * The thread that makes files of captures. To read a whole exchange, to take the words or the secrets out of it, and to write it all
 * would hold up every answer; here it holds up nobody. Invariant: each exchange is answered once, whatever becomes of it.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { captureDocument, type Captured, type CaptureVariant } from './capture-document.ts';
import { CaptureFolder, type FolderLimits, type Kept } from './capture-folder.ts';
import { createRedactor } from './redact.ts';

export interface CaptureWorkerData {
  /** Where to, by endpoint and variant; absent: not wanted. */
  readonly folders: Readonly<Record<Captured['endpoint'], Partial<Readonly<Record<CaptureVariant, string>>>>>;
  readonly limits: FolderLimits;
  readonly secrets: readonly string[];
}

export interface CaptureOrder {
  readonly id: number;
  readonly captured: Captured;
}

export interface CaptureReceipt {
  readonly id: number;
  readonly kept: readonly { readonly variant: CaptureVariant; readonly result: Kept }[];
}

const variants: readonly CaptureVariant[] = ['redacted', 'raw'];

const serve = ({ folders, limits, secrets }: CaptureWorkerData) => {
  const redactor = createRedactor({
    secrets,
    wordsInClear: true,
    textCharsMax: Number.POSITIVE_INFINITY,
    depthMax: 64,
    entriesMax: 100_000,
  });
  const keep = async (captured: Captured, variant: CaptureVariant, folder: string): Promise<Kept> => {
    try {
      const text = captureDocument(captured, variant, redactor);
      return await new CaptureFolder(folder, limits).keep(`${captured.name}.json`, text);
    } catch {
      return { ok: false, reason: 'internal_error' };
    }
  };
  return async ({ id, captured }: CaptureOrder): Promise<CaptureReceipt> => {
    const kept: { variant: CaptureVariant; result: Kept }[] = [];
    for (const variant of variants) {
      const folder = folders[captured.endpoint][variant];
      if (folder !== undefined) kept.push({ variant, result: await keep(captured, variant, folder) });
    }
    return { id, kept };
  };
};

const answer = serve(workerData as CaptureWorkerData);
let last: Promise<void> = Promise.resolve();
parentPort?.on('message', (order: CaptureOrder) => {
  // One after the other: two of one name must not meet in the folder.
  last = last.then(async () => parentPort?.postMessage(await answer(order)));
});
