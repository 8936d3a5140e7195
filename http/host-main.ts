/**
 * The parent of several nodes, composed: it prepares the home once, starts a process for each node on one port, passes on what they
 * write, and ends as a single gateway would. It serves nobody itself. What is one for the host stays with it.
 */

import { tmpdir } from 'node:os';
import process from 'node:process';
import { SystemClock } from '../actors/clock.ts';
import { Host } from '../actors/host.ts';
import type { Link, Peer } from '../actors/link.ts';
import { createDiagnostics } from '../transport/diagnostics.ts';
import { prepareHome } from '../transport/home.ts';
import { createJournal } from '../transport/journal.ts';
import { LogOutput, outletOf } from '../transport/log-output.ts';
import { createNodeLauncher } from '../transport/node-launcher.ts';
import { nodeSpawner } from '../transport/node-process.ts';
import { nodeWords } from '../transport/node-words.ts';
import { OpenFiles } from '../transport/open-files.ts';
import { RandomIds } from '../transport/random-ids.ts';
import { createRedactor } from '../transport/redact.ts';
import { connectionsMigrate, migrationRemedy, takePort } from '../transport/shared-port.ts';
import { removeStaleStateFolders } from '../transport/state-folder.ts';
import { Switchboard } from '../transport/switchboard.ts';
import { WorkersGate } from '../transport/workers-gate.ts';
import type { Config } from './config.ts';
import { Ending, endSignals, exitBug } from './ending.ts';
import type { HttpHappenings } from './happenings.ts';
import { HostDesk } from './host/host-desk.ts';
import { homeSettings, hostLimits } from './host-portions.ts';
import { limits } from './limits.ts';
import { defaultKeyLine, logStart, openLog, startUpLine } from './logging.ts';
import { frontSettings, redaction, usageLogLimits } from './portions.ts';
import { RateLimiter } from './rate-limit.ts';
import { reasonOf } from './reason.ts';
import { restoredBook } from './usage-kept.ts';

/** Of a node, and of the parent then, too: what the node has written to stderr says why. */
const exitCannotStart = 1;

export const serveHost = async (config: Config): Promise<void> => {
  const clock = new SystemClock();
  const ids = new RandomIds();
  const output = new LogOutput(outletOf(process.stdout), {
    lost: (count) => log.line('warn', 'log_lines_dropped', { count }),
    dropped: () => diagnostics.publish('records.dropped', { recorder: 'log', count: 1 }),
  });
  const log = openLog(config, {
    write: (line) => output.write(line),
    redact: createRedactor(redaction(config)).object,
  });
  const diagnostics = createDiagnostics<HttpHappenings>((happening, error) =>
    log.tell('warn', 'watcher_failed', { happening, reason: reasonOf(error) }),
  );
  diagnostics.watch('event.logged', ({ level, event, facts }) => log.hear(level, event, facts, {}));
  const journal = createJournal(diagnostics);
  const files = new OpenFiles(journal);
  process.on('exit', () => files.flush());
  logStart(journal, config);
  if (connectionsMigrate() === false) journal.warn('listen_migration_off', { remedy: migrationRemedy });

  const taken = await takePort(config.host, config.port);
  const { home, listing } = await prepareHome({ ...homeSettings(config, process.env), journal });

  const usageLog = files.open(usageLogLimits(config, tmpdir()));
  const { rateLimit, streamsMax } = frontSettings(config);
  let [leaving, exits] = [false, 0];
  const counting = config.metricsEnabled ? await import('./metrics/parent-series.ts') : null;
  const desk = new HostDesk({
    clock,
    configured: config.nodeCount,
    limiter: rateLimit === null ? null : new RateLimiter(rateLimit, clock, limits.rateCallersMax),
    streamsMax,
    book: restoredBook(usageLog),
    append: (line) => usageLog.append(line),
    open: (file) => files.open(file),
    series: counting?.parentSeries(diagnostics.watch, () => exits) ?? (() => Promise.resolve([])),
    leaving: () => leaving,
    pid: process.pid,
  });

  const gate = new WorkersGate(clock, limits.nodeWorkersMs);
  const connected = (node: number, peer: Peer, link: Link): void => {
    peer.answer(nodeWords.workers, () => gate.ask(node));
    peer.answer(nodeWords.serving, () => gate.open());
    const fell = desk.rose(node, peer);
    link.onClosed(() => {
      fell();
      gate.left(node);
    });
  };
  const launcher = createNodeLauncher({
    spawn: nodeSpawner(clock, {
      command: process.execPath,
      args: [...process.execArgv, ...process.argv.slice(1, 2)],
      // As many as there are now: a machine may change, and all must agree.
      env: { ...process.env, PROXY_NODES: String(config.nodeCount) },
    }),
    switchboard: new Switchboard(),
    clock,
    beginning: { port: taken.port, home, listing: [...listing] },
    connected,
    stdout: (lines, count) => output.write(lines, count),
    // Whoever does not read along misses some, and nothing piles up.
    stderr: (lines) => void (process.stderr.writableNeedDrain || process.stderr.write(`${lines}\n`)),
    failed: (kind, error) => journal.warn('node_link_failed', { kind, reason: reasonOf(error) }),
    pulseMs: limits.nodePulseMs,
    pulseAnswerMs: limits.nodePulseAnswerMs,
  });
  const host = new Host({
    limits: hostLimits(config),
    clock,
    ids,
    journal,
    launcher,
    opened: () => {
      taken.release();
      output.write(startUpLine(config, taken.port, `${config.nodeCount} nodes, Node ${process.versions.node}`));
      if (config.defaultKey) process.stderr.write(defaultKeyLine(config));
    },
    exited: ({ code }, served) => {
      if (!leaving) exits += 1;
      else if (code === exitBug) ending.erred();
      // The folders of its workers, which it could not remove.
      void removeStaleStateFolders(config.stateDir);
      if (code === exitCannotStart && !served && !leaving) process.exit(exitCannotStart);
    },
    bug: (error) => ending.bug(error),
  });
  const ending = new Ending({
    clock,
    journal,
    node: {
      drain: () => {
        leaving = true;
        return host.drain();
      },
      // To them it is gone: they end with the failure recipes. It stays until they have: where it is the first process of a
      // container, they would be killed with its end.
      abort: async () => {
        leaving = true;
        launcher.leaveAll();
        await host.drain();
        await output.settled();
      },
    },
    server: {
      leave: () => {
        leaving = true;
        launcher.tellAll(nodeWords.notice);
      },
      close: () => Promise.resolve(),
    },
    settled: async () => {
      await removeStaleStateFolders(config.stateDir);
      await Promise.all([desk.settled(), usageLog.settled()]);
      await output.settled();
    },
    noticeMs: config.drainNoticeMs,
    drainMs: config.drainMs,
    among: null,
    lastWordsMs: limits.nodeLastWordsMs,
    exit: (code) => process.exit(code),
  });
  process.on('uncaughtException', (error) => ending.bug(error));
  process.on('unhandledRejection', (reason) => ending.bug(reason));
  for (const signal of endSignals) process.on(signal, () => ending.signal(signal));
  const gather = (): void => void clock.schedule(limits.nodeCountsMs, () => void desk.gather().finally(gather));
  if (counting !== null) gather();
  host.start();
};
