/** Points in time as people write them: ISO 8601 (UTC where no zone is named), or a number: of ten digits seconds, else milliseconds. */

const iso = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;
const zone = /(Z|[+-]\d{2}:?\d{2})$/i;
const latestMs = 8.64e15;

/** Milliseconds since the Unix epoch; null: it cannot be read. */
export function readTime(given: string): number | null {
  if (/^\d{1,16}$/.test(given)) {
    const ms = given.length === 10 ? Number(given) * 1_000 : Number(given);
    return ms <= latestMs ? ms : null;
  }
  if (!iso.test(given)) return null;
  // Date.parse takes the 31st of any month for some day of the next one.
  const day = given.slice(0, 10);
  if (!new Date(`${day}T00:00Z`).toJSON()?.startsWith(day)) return null;
  const hasTime = /t/i.test(given);
  const ms = Date.parse(hasTime && !zone.test(given) ? `${given}Z` : given);
  return Number.isFinite(ms) && ms >= 0 ? ms : null;
}
