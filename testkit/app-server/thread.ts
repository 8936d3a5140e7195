/**
 * One loaded thread: its settings, its history and its subscription. Invariant: at most one turn runs on it; history is
 * what the provider would be sent, in order.
 */
import type { OfferedTool } from '../provider/request.ts';
import type { JsonObject } from './lines.ts';
import { usageNone } from './usage.ts';
import type { Usage } from './usage.ts';

/** What the core needs of a running turn. */
export interface RunningTurn {
  readonly id: string;
  interrupt(done: () => void): void;
  /** The client's answer to a tool call; false when it is not about this turn. */
  answer(id: number | string, message: JsonObject): boolean;
  /** Calls that the client was asked for and has not answered. */
  waiting(): number;
}

export interface Thread {
  readonly id: string;
  readonly model: string;
  readonly raw: boolean;
  readonly tools: readonly OfferedTool[];
  readonly toolNames: ReadonlySet<string>;
  readonly createdAtMs: number;
  readonly input: JsonObject[];
  injections: number;
  subscribed: boolean;
  turn: RunningTurn | null;
  total: Usage;
}

export const createThread = (
  known: Pick<Thread, 'id' | 'model' | 'raw' | 'tools' | 'toolNames' | 'createdAtMs'>,
): Thread => ({ ...known, input: [], injections: 0, subscribed: true, turn: null, total: usageNone });

export interface ThreadFrame {
  readonly originator: string;
  readonly cwd: string;
  readonly environments: readonly JsonObject[];
  readonly serviceTier: string | null;
}

/** The `thread` object of `thread/start` and `thread/started`. */
export function threadView(thread: Thread, { originator, cwd, environments }: ThreadFrame): JsonObject {
  const createdAt = Math.floor(thread.createdAtMs / 1000);
  return {
    id: thread.id,
    environments,
    extra: null,
    sessionId: thread.id,
    forkedFromId: null,
    attachedToThreadId: null,
    parentThreadId: null,
    preview: '',
    ephemeral: true,
    section: null,
    sectionEnteredAt: null,
    projectId: null,
    historyMode: 'paginated',
    modelProvider: 'upstream',
    model: thread.model,
    reasoningEffort: null,
    createdAt,
    updatedAt: createdAt,
    recencyAt: createdAt,
    status: { type: 'idle' },
    path: null,
    cwd,
    cliVersion: '0.169.0',
    originator,
    source: 'vscode',
    canAcceptDirectInput: true,
    threadSource: null,
    agentNickname: null,
    agentRole: null,
    gitInfo: null,
    name: null,
    daybreakEnabled: null,
    turns: [],
  };
}

/** The whole result of `thread/start`. */
export const threadStarted = (thread: Thread, frame: ThreadFrame): JsonObject => ({
  thread: threadView(thread, frame),
  model: thread.model,
  modelProvider: 'upstream',
  serviceTier: frame.serviceTier,
  disabledPluginIds: [],
  cwd: frame.cwd,
  runtimeWorkspaceRoots: frame.environments.length > 0 ? [frame.cwd] : [],
  instructionSources: [],
  approvalPolicy: 'never',
  approvalsReviewer: 'user',
  sandbox: { type: 'readOnly', networkAccess: false },
  activePermissionProfile: null,
  reasoningEffort: null,
  multiAgentMode: 'explicitRequestOnly',
});
