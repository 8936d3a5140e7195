/**
 * The composition root: environment, home, launcher, node and server become one process. It serves until it is told to
 * drain, and ends 0 after a drain, 129, 130 or 143 when a later SIGHUP, SIGINT or SIGTERM cuts the drain short, 1 when it
 * cannot start, 70 after a programmer's error. Nobody has to read what it writes.
 */

import { tmpdir } from 'node:os';
import process from 'node:process';
import { SystemClock } from '../actors/clock.ts';
import { Node } from '../actors/node.ts';
import { ToolBufferCounts } from '../actors/tool-buffer.ts';
import { AuthFile } from '../transport/auth-file.ts';
import { Tally } from '../transport/counters.ts';
import { prepareHome } from '../transport/home.ts';
import { createDiagnostics } from '../transport/diagnostics.ts';
import { createJournal } from '../transport/journal.ts';
import { askBeginning, joinHost, openHostEnd } from '../transport/host-end.ts';
import { createLauncher } from '../transport/launcher.ts';
import { LendingHouse } from '../transport/lending-house.ts';
import { nodeWords } from '../transport/node-words.ts';
import { inBundles, LogOutput, outletOf } from '../transport/log-output.ts';
import { createProtoLauncher } from '../transport/proto-launcher.ts';
import { MemoryStore } from '../transport/memory-store.ts';
import { OpenFiles } from '../transport/open-files.ts';
import { openOtlp } from '../transport/otlp.ts';
import { PublicPictures } from '../transport/public-pictures.ts';
import { RandomIds } from '../transport/random-ids.ts';
import { recordingTools } from '../transport/recording-tools.ts';
import { createRedactor } from '../transport/redact.ts';
import { releaseFile } from '../transport/release-file.ts';
import { connectionsMigrate } from '../transport/shared-port.ts';
import { SanitizerLog } from '../transport/sanitizer-log.ts';
import { Turns } from '../transport/turns.ts';
import { backendMode } from './backend.ts';
import type { Config } from './config.ts';
import { wordsInClear } from './config-safety.ts';
import { Ending, endSignals } from './ending.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import type { HttpHappenings } from './happenings.ts';
import type { FileSpec } from './host/file-desk.ts';
import { memberOf } from './host/member.ts';
import { homeSettings } from './host-portions.ts';
import { limits } from './limits.ts';
import { defaultKeyLine, logStart, openLog, startUpLine } from './logging.ts';
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
  redaction,
  storeLimits,
  sanitizerFile,
  usageLogLimits,
} from './portions.ts';
import { eventLoop } from './pace.ts';
import { reasonOf } from './reason.ts';
import { startRecording } from './recording.ts';
import { RequestLog } from './request-log.ts';
import { modelDirectory } from './requests/models.ts';
import { createServer } from './server.ts';
import { keepStanding } from './standing.ts';
import { watchTraces } from './traces.ts';
import { keptUsage } from './usage-kept.ts';
import { loadUws } from './uws.ts';

/** `self`: which node of a host this is; null: the only one. */
export const serve = async (config: Config, self: number | null): Promise<void> => {
  const clock = new SystemClock();
  const ids = new RandomIds(self);
  const redactor = createRedactor(redaction(config));
  const gap = {
    lost: (count: number) => log.line('warn', 'log_lines_dropped', { count }),
    dropped: () => diagnostics.publish('records.dropped', { recorder: 'log', count: 1 }),
  };
  const output = new LogOutput(
    outletOf(process.stdout),
    gap,
    inBundles({ ...eventLoop, later: (delayMs, run) => void setTimeout(run, delayMs) }),
  );
  process.on('exit', () => output.flush());
  const log = openLog(config, {
    write: (line, urgent) => output.write(line, 1, urgent),
    redact: redactor.object,
    node: self,
  });
  const diagnostics = createDiagnostics<HttpHappenings>((happening, error) =>
    log.tell('warn', 'watcher_failed', { happening, reason: reasonOf(error) }),
  );
  const journal = createJournal(diagnostics);
  const files = new OpenFiles(journal);
  process.on('exit', () => files.flush());
  const failed = (kind: string, error: unknown) => journal.warn('node_link_failed', { kind, reason: reasonOf(error) });
  const hostEnd = self === null ? null : openHostEnd(self, clock, failed);
  const lending = hostEnd === null ? null : new LendingHouse(hostEnd.neighbours, { clock, failed });
  const turns = new Turns(limits.usageAsksMax, limits.usageAsksWaitingMax);
  const member = hostEnd === null ? null : memberOf(hostEnd.peer, config.nodeCount, { clock, journal, turns });
  const open = (file: FileSpec) => member?.open(file) ?? files.open(file);
  const accessFile = accessLogLimits(config);
  const accessLog = accessFile === null ? null : open(accessFile);
  new RequestLog({ log, watch: diagnostics.watch, accessed: accessLog?.append.bind(accessLog) ?? null });
  if (hostEnd === null) logStart(journal, config);
  const chosen = config.uwsBuild === undefined ? {} : { UWS_BUILD: config.uwsBuild };
  const { uws, build } = loadUws({ ...process.env, ...chosen });
  const shared = {
    ...homeSettings(config, process.env),
    diagnostics,
    loginFlow: loginFlow(config, { terminal: process.stdin.isTTY, environment: process.env }),
    journal,
    wordsInClear: wordsInClear(config),
  };
  // Nodes of a host do not redo what their parent has done, nor race it.
  const prepared = hostEnd === null ? await prepareHome(shared) : await askBeginning(hostEnd.peer);
  const tally = new Tally();
  const backend = { ...shared, home: prepared.home, limits: channelLimits(config), clock, ids, count: tally.count };
  const recording = await startRecording(config, {
    ...recordingTools(journal),
    lines: open,
    watch: diagnostics.watch,
    now: Date.now,
    // Whoever does not read along misses some, and nothing piles up.
    print: (line) => void (process.stderr.writableNeedDrain || process.stderr.write(line)),
  });
  const launcher = config.useAppServer
    ? createLauncher(backend)
    : createProtoLauncher({ ...backend, settings: protoSettings(config) });
  const keeping = storeLimits(config);
  const store = keeping === null ? null : new MemoryStore(keeping, clock);
  const usageLog = files.open(usageLogLimits(config, tmpdir()));
  const otlp = await openOtlp(otlpSettings(config), { clock, journal, diagnostics });
  const { watch } = diagnostics;
  if (otlp !== null) watchTraces({ clock, watch, otlp, backendMode: backendMode(config), redact: redactor.object });
  // Loaded before anything happens, and only where it is wanted: it brings a library, which brings the API of OpenTelemetry.
  const counting = config.metricsEnabled ? await import('./metrics.ts') : null;
  const toolBuffer = new ToolBufferCounts(() => clock.now());
  const sanitizerLog = config.sanitizeMetadata
    ? new SanitizerLog({ ...sanitizerFile(config), journal, now: Date.now, open })
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
    store,
    elsewhere: lending?.elsewhere(config.nodeCount, store) ?? null,
    ...(member === null ? {} : { sharedLogin: member.login }),
    bug: (error) => ending.bug(error),
  });
  lending?.lend(node);
  const models = modelDirectory({
    // Until a worker has told its own: no model that exists is ever unknown.
    models: () => (node.models().length > 0 ? node.models() : prepared.listing),
    ...naming(config),
    retargeted: (alias, target, instead) => journal.info('model_alias_retargeted', { alias, target, instead }),
  });
  const settings = frontSettings(config);
  const measured = { watch, spelled: models.spelled, capacity: capacity(config), now: () => clock.now() };
  const metrics = counting?.createMetrics({ ...measured, ofProcess: true }) ?? null;
  const server = createServer({
    uws,
    exclusivePort: hostEnd === null,
    portMigrates: connectionsMigrate() === true,
    service: member?.service(node) ?? node,
    ...(member === null ? {} : { host: member.host }),
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
    usage: member?.usage(watch, redactor.text) ?? keptUsage(usageLog, watch, redactor.text, toolBuffer),
    metrics,
    settings,
  });
  const ending = new Ending({
    clock,
    journal,
    node,
    server,
    settled: async () => {
      const writers = [output, usageLog, accessLog, sanitizerLog, recording, otlp, member];
      await Promise.all([launcher.settled(), ...writers.map((writer) => writer?.settled())]);
    },
    // The parent gives notice for all; of one that leaves alone edges need not know.
    noticeMs: hostEnd === null ? config.drainNoticeMs : 0,
    drainMs: config.drainMs,
    among:
      hostEnd === null
        ? null
        : {
            retire: () => server.retire(),
            lingerMs: limits.nodeLingerMs,
            leaving: () => hostEnd.peer.tell(nodeWords.leaving, null),
            counted: () => void member?.settled(),
          },
    lastWordsMs: limits.lastWordsMs,
    exit: (code) => process.exit(code),
  });
  for (const fault of ['uncaughtException', 'unhandledRejection']) process.on(fault, (error) => ending.bug(error));
  for (const signal of endSignals) {
    // What the terminal sends to the whole group is the parent's to decide about.
    const ours = hostEnd === null || signal === 'SIGTERM';
    process.on(signal, () => void (ours && ending.signal(signal)));
  }
  if (hostEnd !== null) {
    watch('event.logged', ({ event }) => {
      if (event === 'worker_ready') hostEnd.peer.tell(nodeWords.serving, null);
    });
    keepStanding({ watch, clock, journal, health: () => node.health(), stand: (place) => server.stand(place) });
    return joinHost(hostEnd, {
      listen: () => server.listen(config.host, 'port' in prepared ? prepared.port : config.port),
      start: (renews) => node.start(renews),
      notice: () => server.leave(),
      drain: () => ending.drain('SIGTERM'),
      orphaned: (reason) => ending.orphaned(reason),
    });
  }

  const { port } = await server.listen(config.host, config.port);
  node.start();
  output.write(startUpLine(config, port, `uWebSockets.js ${build}, Node ${process.versions.node}`));
  if (config.defaultKey) process.stderr.write(defaultKeyLine(config));
};
