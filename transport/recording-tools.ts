/** What is needed to write down what happens, as far as it touches files; put together in `http/recording.ts`. */

import type { Journal } from '../actors/seams.ts';
import { bareShape } from './bare-shape.ts';
import { CaptureFiles, type CaptureFilesOptions } from './capture-files.ts';
import { Outage } from './outage.ts';
import { createRedactor } from './redact.ts';
import { fewHeaders, maskedHeaders } from './shown-headers.ts';
import { UsageLog, type UsageLogOptions } from './usage-log.ts';

export const recordingTools = (journal: Journal) => ({
  lines: (file: Omit<UsageLogOptions, 'journal'>) => new UsageLog({ ...file, journal }),
  captures: (options: Omit<CaptureFilesOptions, 'journal'>) => new CaptureFiles({ ...options, journal }),
  outage: new Outage(journal, 'captures'),
  redactor: createRedactor,
  bareShape,
  fewHeaders,
  maskedHeaders,
});
