/** Times as `Date` writes them in ISO 8601; what all milliseconds of a second have in common is written once. */

let second = Number.NaN;
let told = '';

/** `ms` since the Unix epoch, not before it. */
export const isoTime = (ms: number): string => {
  const now = Math.floor(ms / 1_000);
  if (now !== second) {
    told = new Date(now * 1_000).toISOString().slice(0, -4);
    second = now;
  }
  return `${told}${String(Math.trunc(ms) - now * 1_000).padStart(3, '0')}Z`;
};
