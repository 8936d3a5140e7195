/** `node --import`: tells on stderr of each package of OpenTelemetry that the process loads, once. */

import { registerHooks } from 'node:module';
import process from 'node:process';

export const loadedMark = 'loads @opentelemetry/';

const seen = new Set<string>();

if (process.env['MODULE_WATCH'] === '1') {
  registerHooks({
    load: (url, context, nextLoad) => {
      const name = /\/node_modules\/@opentelemetry\/([\w-]+)\//.exec(url)?.[1];
      if (name !== undefined && !seen.has(name)) {
        seen.add(name);
        process.stderr.write(`${loadedMark}${name}\n`);
      }
      return nextLoad(url, context);
    },
  });
}
