/** How much of the plan of the account is used up, as the provider tells it. Null: not known. */

export interface LimitWindow {
  readonly usedPercent: number;
  readonly windowMinutes: number | null;
  /** Unix seconds. */
  readonly resetsAt: number | null;
}

export interface AccountLimits {
  readonly primary: LimitWindow | null;
  readonly secondary: LimitWindow | null;
}
