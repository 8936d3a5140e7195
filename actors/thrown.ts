/** Anything can be thrown; whoever reports it wants an error. */

export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** JSON that cannot be read, a value that Node does not take, a shape that is not the schema's: such messages quote what they are about. */
const mayQuote = (error: Error): boolean => error instanceof SyntaxError || 'code' in error || 'issues' in error;

/** What the log may tell of an error of ours: where it happened, and what it says unless that may be a word of a request. */
export function tellable(error: Error): string {
  const places = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  return [`${error.name}${code}${mayQuote(error) ? '' : `: ${error.message}`}`, ...places].join('\n');
}
