/** How the end of a child process is told, whoever has started it. */

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly reason: string;
}

/** Between the exit and giving up on output that a grandchild may be holding open. */
export const lastOutputMs = 1_000;

/** `cause`: why it was ended from here; null: it was not. */
export const exitOf = (code: number | null, signal: string | null, cause: string | null = null): ProcessExit => {
  const how = signal === null ? `exit code ${code ?? 'unknown'}` : `killed by ${signal}`;
  return { code, signal, reason: cause === null ? how : `${cause}, ${how}` };
};

/** `why`: a code of the system, or a message. */
export const notSpawned = (why: string): ProcessExit => ({ code: null, signal: null, reason: `spawn failed: ${why}` });
