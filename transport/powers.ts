/**
 * What a worker may do besides sampling, as the operator said it. By default nothing: the model sees the client's
 * conversation and the client's tools, and no turn leaves anything behind.
 */

export interface Powers {
  readonly sandbox: string;
  readonly approvalPolicy: string;
  /** The CLI's own tools (shell, patch, plan, …) are offered to the model, and run by the CLI. */
  readonly ownTools: boolean;
  /** The model is told not to use them: of use where they are not hidden. */
  readonly ownToolsDenied: boolean;
  readonly webSearch: boolean;
  /** The rollout of each thread is kept in the home. */
  readonly persistThreads: boolean;
}

export const modelOnly: Powers = {
  sandbox: 'read-only',
  approvalPolicy: 'never',
  ownTools: false,
  ownToolsDenied: false,
  webSearch: false,
  persistThreads: false,
};
