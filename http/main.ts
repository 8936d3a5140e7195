/**
 * The composition root: environment, home, launcher, node and server become one process. It serves until it is told to
 * drain, and ends 0 after a drain, 129, 130 or 143 when a later SIGHUP, SIGINT or SIGTERM cuts the drain short, 1 when it
 * cannot start, 70 after a programmer's error. Nobody has to read what it writes.
 */

import { availableParallelism, tmpdir } from 'node:os';
import process from 'node:process';
import { SystemClock } from '../actors/clock.ts';
import { Node } from '../actors/node.ts';
import { ToolBufferCounts } from '../actors/tool-buffer.ts';
import { AuthFile } from '../transport/auth-file.ts';
import { minimalCatalog } from '../transport/catalog.ts';
import { Tally } from '../transport/counters.ts';
import { HomeError, prepareHome } from '../transport/home.ts';
import { createDiagnostics } from '../transport/diagnostics.ts';
import { createJournal } from '../transport/journal.ts';
import { createLauncher } from '../transport/launcher.ts';
import { LogOutput, outletOf } from '../transport/log-output.ts';
import { createProtoLauncher } from '../transport/proto-launcher.ts';
import { MemoryStore } from '../transport/memory-store.ts';
import { openOtlp } from '../transport/otlp.ts';
import { PublicPictures } from '../transport/public-pictures.ts';
import { RandomIds } from '../transport/random-ids.ts';
import { recordingTools } from '../transport/recording-tools.ts';
import { createRedactor } from '../transport/redact.ts';
import { releaseFile } from '../transport/release-file.ts';
import { SanitizerLog } from '../transport/sanitizer-log.ts';
import { UsageLog } from '../transport/usage-log.ts';
import { backendMode } from './backend.ts';
import { type Config, maskedConfig, pinnedDefaultModel, readConfig } from './config.ts';
import { helpText } from './config-help.ts';
import { wordsInClear } from './config-safety.ts';
import { Ending, endSignals } from './ending.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import type { HttpHappenings } from './happenings.ts';
import { limits } from './limits.ts';
import { logStart, openLog, startUpLine } from './logging.ts';
import {
  accessLogLimits,
  capacity,
  channelLimits,
  frontSettings,
  loginFlow,
  naming,
  nodeLimits,
  otlpSettings,
  protoSettings,
  providerOf,
  redaction,
  storeLimits,
  sanitizerFile,
  usageLogLimits,
  workerPowers,
} from './portions.ts';
import { reasonOf } from './reason.ts';
import { startRecording } from './recording.ts';
import { RequestLog } from './request-log.ts';
import { modelDirectory } from './requests/models.ts';
import { createServer } from './server.ts';
import { watchTraces } from './traces.ts';
import { keptBook } from './usage-kept.ts';
import { loadUws } from './uws.ts';

const exitCannotStart = 1;

const fail = (message: string): never => {
  process.stderr.write(`${message}\n`);
  process.exit(exitCannotStart);
};

const configure = (): Config => {
  const place = { cwd: process.cwd(), tmpdir: tmpdir(), cores: availableParallelism() };
  const result = readConfig(process.env, place);
  for (const warning of result.warnings) process.stderr.write(`warning: ${warning}\n`);
  if (result.ok) return result.config;
  return fail(result.problems.map(({ code, message }) => `${code}: ${message}`).join('\n'));
};

const serve = async (config: Config): Promise<void> => {
  const clock = new SystemClock();
  const ids = new RandomIds();
  const redactor = createRedactor(redaction(config));
  const output = new LogOutput(outletOf(process.stdout), {
    lost: (count) => log.line('warn', 'log_lines_dropped', { count }),
    dropped: () => diagnostics.publish('records.dropped', { recorder: 'log', count: 1 }),
  });
  const log = openLog(config, { write: (line) => output.write(line), redact: redactor.object });
  const diagnostics = createDiagnostics<HttpHappenings>((happening, error) =>
    log.tell('warn', 'watcher_failed', { happening, reason: reasonOf(error) }),
  );
  const journal = createJournal(diagnostics);
  const accessFile = accessLogLimits(config);
  const accessLog = accessFile === null ? null : new UsageLog({ ...accessFile, journal });
  new RequestLog({
    log,
    watch: diagnostics.watch,
    accessed: accessLog === null ? null : (line) => accessLog.append(line),
  });
  logStart(journal, config);
  const { uws, build } = loadUws({
    ...process.env,
    ...(config.uwsBuild === undefined ? {} : { UWS_BUILD: config.uwsBuild }),
  });
  const shared = {
    workdir: config.workDir,
    sqliteBase: config.stateDir,
    binary: config.codexBin ?? null,
    environment: process.env,
    environmentAllow: config.workerEnvAllow,
    provider: providerOf(config),
    powers: workerPowers(config),
    diagnostics,
    loginFlow: loginFlow(config, { terminal: process.stdin.isTTY, environment: process.env }),
    journal,
    wordsInClear: wordsInClear(config),
  };
  const prepared = await prepareHome({
    ...shared,
    home: config.codexHome,
    createHome: process.env['CODEX_HOME'] === undefined,
    model: config.codexModel ?? pinnedDefaultModel,
    forcedProvider: config.forceProvider,
    // A CLI for the legacy protocol cannot be asked.
    ...(config.useAppServer ? {} : { models: minimalCatalog(config.codexModel ?? pinnedDefaultModel) }),
    streamIdleMs: Math.max(config.idleMs, config.streamIdleMs) + 30_000,
  });
  const listing = config.useAppServer ? prepared.listing : [];
  const tally = new Tally();
  const backend = { ...shared, home: prepared.home, limits: channelLimits(config), clock, ids, count: tally.count };
  const recording = await startRecording(config, {
    ...recordingTools(journal),
    watch: diagnostics.watch,
    now: Date.now,
    // Whoever does not read along misses some, and nothing piles up.
    print: (line) => void (process.stderr.writableNeedDrain || process.stderr.write(line)),
  });
  const launcher = config.useAppServer
    ? createLauncher(backend)
    : createProtoLauncher({ ...backend, settings: protoSettings(config) });
  const keeping = storeLimits(config);
  const usageLog = new UsageLog({ ...usageLogLimits(config, tmpdir()), journal });
  const book = keptBook(usageLog, diagnostics.watch, redactor.text);
  const otlp = await openOtlp(otlpSettings(config), { clock, journal, diagnostics });
  const { watch } = diagnostics;
  if (otlp !== null) watchTraces({ clock, watch, otlp, backendMode: backendMode(config), redact: redactor.object });
  // Loaded before anything happens, and only where it is wanted: it brings a library, which brings the API of OpenTelemetry.
  const counting = config.metricsEnabled ? await import('./metrics.ts') : null;
  const toolBuffer = new ToolBufferCounts(() => clock.now());
  const sanitizerLog = config.sanitizeMetadata
    ? new SanitizerLog({ ...sanitizerFile(config), journal, now: Date.now })
    : null;
  const node = new Node({
    observers: {
      toolBuffer,
      ...(sanitizerLog === null ? {} : { sanitized: (summary) => sanitizerLog.summary(summary) }),
    },
    limits: nodeLimits(config),
    clock,
    ids,
    journal,
    diagnostics,
    launcher,
    credentials: new AuthFile(prepared.home),
    // In the legacy mode the process of a turn ends with it in any case.
    replaceDeserted: config.useAppServer && config.killOnDisconnect,
    store: keeping === null ? null : new MemoryStore(keeping, clock),
    bug: (error) => ending.bug(error),
  });
  const models = modelDirectory({
    // Until a worker has told its own: no model that exists is ever unknown.
    models: () => (node.models().length > 0 ? node.models() : listing),
    ...naming(config),
    retargeted: (alias, target, instead) => journal.info('model_alias_retargeted', { alias, target, instead }),
  });
  const settings = frontSettings(config);
  const measured = { watch, spelled: models.spelled, capacity: capacity(config), now: () => clock.now() };
  const metrics = counting?.createMetrics({ ...measured, ofProcess: true }) ?? null;
  const server = createServer({
    uws,
    exclusivePort: true,
    service: node,
    clock,
    calendar: Date.now,
    ids,
    journal,
    diagnostics,
    models,
    anomalies: () => tally.counts(),
    responses: responsesEndpoint,
    chat: chatEndpoint,
    pictures: new PublicPictures({ downloadsMax: limits.downloadsMax }),
    hooks: { release: releaseFile(config.streamReleaseFile), toolBuffer },
    usage: { book, toolBuffer: () => toolBuffer.summary() },
    metrics,
    settings,
  });
  const ending = new Ending({
    clock,
    journal,
    node,
    server,
    settled: async () => {
      const files = [output, usageLog, accessLog, sanitizerLog, recording, otlp];
      await Promise.all([launcher.settled(), ...files.map((file) => file?.settled())]);
    },
    noticeMs: config.drainNoticeMs,
    drainMs: config.drainMs,
    exit: (code) => process.exit(code),
  });
  process.on('uncaughtException', (error) => ending.bug(error));
  process.on('unhandledRejection', (reason) => ending.bug(reason));
  for (const signal of endSignals) process.on(signal, () => ending.signal(signal));

  const { port } = await server.listen(config.host, config.port);
  node.start();
  process.stdout.write(startUpLine(config, port, `uWebSockets.js ${build}, Node ${process.versions.node}`));
  // Not to stdout, where all else is JSON.
  if (config.defaultKey)
    process.stderr.write(`API key: ${config.apiKey} (the default; set PROXY_API_KEY to change it)\n`);
};

const main = async (): Promise<void> => {
  // EPIPE: whoever read along is gone, and the clients of the server are not.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const args = process.argv.slice(2);
  const unknown = args.find((arg) => arg !== '--help' && arg !== '-h' && arg !== '--check-config');
  if (unknown !== undefined) fail(`unknown argument ${JSON.stringify(unknown)}; --help shows what there is`);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(helpText());
    return;
  }
  const config = configure();
  if (args.includes('--check-config')) {
    process.stdout.write(`${JSON.stringify(maskedConfig(config), null, 2)}\nThe configuration is valid.\n`);
    return;
  }
  try {
    await serve(config);
  } catch (error) {
    fail(
      error instanceof HomeError
        ? error.message
        : `cannot start: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
};

await main();
