/**
 * What a turn says about tokens and limits. Invariant: `total` adds up over the thread; a sampling without usage adds
 * nothing and says nothing.
 */
import type { JsonObject } from './lines.ts';
import type { Step } from './script.ts';
import type { Thread } from './thread.ts';
import type { TurnLines } from './turn-lines.ts';
import { addUsage, tokenUsageView, usageMetadata, usageNone, usageView } from './usage.ts';
import type { Usage } from './usage.ts';

type StepOf<K extends Step['do']> = Extract<Step, { readonly do: K }>;

export interface Ledger {
  sampled(step: StepOf<'sampled'>, sequence: number): void;
  /** The totals of the last sampling, and the limits behind them. */
  totals(): void;
  usage(step: StepOf<'usage'>): void;
  windows(step: StepOf<'windows'>): void;
  limits(): void;
}

export function createLedger(lines: TurnLines, thread: Thread): Ledger {
  let usage: Usage | null = null;
  let windows: StepOf<'windows'> | null = null;

  const say = (total: JsonObject, last: JsonObject): void =>
    lines.scoped('thread/tokenUsage/updated', { tokenUsage: tokenUsageView(total, last) });
  const limits = (): void => lines.limits(windows?.primary ?? null, windows?.secondary ?? null);

  return {
    limits,
    windows(step) {
      windows = step;
    },
    sampled({ id, usage: used, metadata }, sequence) {
      usage = used;
      if (!thread.raw) return;
      const told = metadata === undefined ? usageMetadata(used ?? usageNone) : { amount: null, metadata };
      lines.scoped('rawResponse/completed', {
        responseId: id ?? `resp_${String(sequence).padStart(6, '0')}`,
        usage: used === null ? null : usageView(used),
        usageMetadata: used === null ? null : told,
      });
    },
    totals() {
      if (usage !== null) {
        thread.total = addUsage(thread.total, usage);
        say(usageView(thread.total), usageView(usage));
      }
      usage = null;
      limits();
    },
    usage(step) {
      const view = usageView(step.usage, step.invented);
      if (step.last === 'same') return say(view, view);
      thread.total = addUsage(thread.total, step.usage);
      say(usageView(thread.total), usageView(usageNone));
    },
  };
}
