/**
 * Which of its two builds XState is loaded from here. Plain Node takes the one that ships; the condition `development`
 * (`NODE_OPTIONS=--conditions=development`) takes the other one, which warns and checks more.
 */

export const xstateBuild = import.meta.resolve('xstate').includes('.development.') ? 'development' : 'production';

/** What to put before a command so that it runs with this build. */
export const buildPrefix = xstateBuild === 'development' ? 'NODE_OPTIONS=--conditions=development ' : '';
