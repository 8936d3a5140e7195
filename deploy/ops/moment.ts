/** Times as they stand in names of files: UTC, to the second, in an order that sorting by name keeps. */

export const stamp = (at: Date): string =>
  at
    .toISOString()
    .replace(/\.\d+Z$/u, 'Z')
    .replaceAll(':', '');

/** `2026-11-30T123456Z` */
export const stampPattern = String.raw`\d{4}-\d{2}-\d{2}T\d{6}Z`;
