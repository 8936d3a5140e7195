/**
 * What is written of requests, answers and workers beside the log: the wire trace, captures of exchanges, captures of workers. Composed
 * from the configuration; the tools that touch files come from `main.ts`. Invariants: the wire trace and the captures of workers exist
 * in development only; secrets are in none of it; words are in what is named raw, and in the wire trace where that was asked for.
 */

import type { Watch } from '../actors/diagnostics.ts';
import type { Json, JsonObject } from '../actors/turn.ts';
import { Captures, type CapturedExchange, type CaptureOptions } from './captures.ts';
import type { Config } from './config.ts';
import { secretsOf, wordsInClear } from './config-safety.ts';
import { wireTraceOf, workerCapturesOf } from './config-records.ts';
import type { HttpHappenings } from './happenings.ts';
import { recordingLimits as limits } from './recording-limits.ts';
import type { WireView } from './shown-wire.ts';
import { WireTrace } from './wire-trace.ts';
import { captureWorkers, type RecordFile } from './worker-capture.ts';

export interface LineFile {
  append(line: string): void;
  settled(): Promise<void>;
  /** Why nothing could be written when that was tried last. */
  readonly unwritable: string | null;
}

export type LineFileName = 'wire_trace' | 'app_server_capture' | 'thinking_capture';

type Mask = (text: string) => string;
type Headers = Iterable<readonly [string, string]>;

export interface RecordingTools {
  readonly watch: Watch<HttpHappenings>;
  /** The time of day. */
  readonly now: () => number;
  readonly lines: (file: { path: string; name: LineFileName; bytesMax: number; keep: number }) => LineFile;
  readonly captures: (options: {
    folders: CaptureFolders;
    limits: { filesMax: number; bytesMax: number };
    secrets: readonly string[];
  }) => { take: CaptureOptions['take']; settled(): Promise<void> };
  readonly outage: CaptureOptions['outage'];
  readonly redactor: (options: {
    secrets: readonly string[];
    wordsInClear: true;
    textCharsMax: number;
    depthMax: number;
    entriesMax: number;
  }) => { value(value: Json): Json; text(text: string): string };
  readonly bareShape: (value: Json, mask: Mask) => Json;
  readonly fewHeaders: (headers: Headers, mask: Mask) => JsonObject;
  readonly maskedHeaders: (headers: Headers, mask: Mask) => JsonObject;
  /** Where the operator looks on. */
  readonly print: (line: string) => void;
}

type Variants = { redacted?: string; raw?: string };
export type CaptureFolders = Record<CapturedExchange['endpoint'], Variants>;

export interface Recording {
  settled(): Promise<void>;
}

const views = (
  config: Config,
  { redactor, bareShape, fewHeaders, maskedHeaders }: RecordingTools,
  textCharsMax: number,
) => {
  const { depthMax, entriesMax } = limits;
  const { value, text } = redactor({
    secrets: secretsOf(config),
    wordsInClear: true,
    textCharsMax,
    depthMax,
    entriesMax,
  });
  const clear: WireView = { value, text, headers: (headers) => maskedHeaders(headers, text) };
  const bare: WireView = {
    value: (one) => bareShape(one, text),
    text: (one) => (one === '' ? one : '<redacted>'),
    headers: (headers) => fewHeaders(headers, text),
  };
  return { clear, bare };
};

/** Rejects with one line when the trace is required and cannot be written. */
async function traceWire(config: Config, tools: RecordingTools): Promise<LineFile | null> {
  const { file, required, printed } = wireTraceOf(config);
  if (!file && !printed) return null;
  const { watch, now, print } = tools;
  const bodyBytesMax = config.wireLogBodyBytesMax;
  const path = config.wireLogPath;
  const log = file ? tools.lines({ path, name: 'wire_trace', ...limits.wireTrace }) : null;
  const write = (record: JsonObject): void => {
    const line = JSON.stringify(record);
    log?.append(line);
    if (printed) print(`${line}\n`);
  };
  const { clear, bare } = views(config, tools, bodyBytesMax);
  const trace = new WireTrace({ watch, now, write, bodyBytesMax, view: wordsInClear(config) ? clear : bare });
  trace.opened({ redacted: !wordsInClear(config), body_bytes_max: bodyBytesMax });
  await log?.settled();
  const reason = log?.unwritable ?? null;
  if (required && reason !== null) {
    throw new Error(
      `the wire trace cannot be written to PROTO_LOG_PATH=${JSON.stringify(path)} (${reason}), and PROXY_TRACE_REQUIRED is on; correct one of them`,
    );
  }
  return log;
}

const captureFolders = (config: Config): CaptureFolders => ({
  chat: {
    ...(config.captureChat ? { redacted: config.captureChatDir } : {}),
    ...(config.captureChatRaw ? { raw: config.captureChatRawDir } : {}),
  },
  responses: {
    ...(config.captureResponses ? { redacted: config.captureResponsesDir } : {}),
    ...(config.captureResponsesRaw ? { raw: config.captureResponsesRawDir } : {}),
  },
});

function captureExchanges(config: Config, { watch, now, captures, outage }: RecordingTools) {
  const folders = captureFolders(config);
  const wanted = (['chat', 'responses'] as const).filter((endpoint) => Object.keys(folders[endpoint]).length > 0);
  if (wanted.length === 0) return null;
  const files = captures({ folders, limits: limits.folder, secrets: secretsOf(config) });
  const take: CaptureOptions['take'] = (exchange) => files.take(exchange);
  new Captures({ watch, now, outage, take, endpoints: new Set(wanted), limits: limits.exchange });
  return files;
}

function captureRaw(config: Config, tools: RecordingTools): readonly LineFile[] {
  const files: LineFile[] = [];
  const wanted = workerCapturesOf(config);
  const fileOf = (
    isWanted: boolean,
    folder: string,
    base: string,
    name: LineFileName,
    bytesMax: number,
  ): RecordFile | null => {
    if (!isWanted) return null;
    const file = tools.lines({ path: `${folder}/${base}.ndjson`, name, ...limits.workerCapture });
    files.push(file);
    const { clear } = views(config, tools, bytesMax);
    return { bytesMax, view: clear, write: (record) => file.append(JSON.stringify(record)) };
  };
  const lines = fileOf(
    wanted.lines,
    config.captureAppServerDir,
    'app-server-raw',
    'app_server_capture',
    config.captureAppServerBytesMax,
  );
  const thinking = fileOf(
    wanted.thinking,
    config.captureThinkingDir,
    'responses-thinking-raw',
    'thinking_capture',
    config.captureThinkingBytesMax,
  );
  const { watch, now } = tools;
  if (files.length > 0) captureWorkers({ watch, now, lines, thinking });
  return files;
}

/** Before the first worker and the first request. */
export async function startRecording(config: Config, tools: RecordingTools): Promise<Recording> {
  const trace = await traceWire(config, tools);
  const exchanges = captureExchanges(config, tools);
  const raw = captureRaw(config, tools);
  return {
    settled: async () => {
      await Promise.all([trace, exchanges, ...raw].flatMap((one) => (one === null ? [] : [one.settled()])));
    },
  };
}
