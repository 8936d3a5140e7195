/** What the clients offer and ask for: one tool, its calls as the model makes them, one schema. */

import { z } from 'zod';
import { marker } from '../provider/scenario.ts';

export const city = z.object({ city: z.string() });

export const description = 'The weather of a city.';
/** Spaces, escapes and the order of members are the model's own and have to arrive so. */
export const oslo = '{ "city": "Oslo \\u2028 \\"north\\"" }';
export const bergen = '{"city":"Bergen 🌧"}';
export const cityOf = (text: string): string => city.parse(JSON.parse(text)).city;
export const weather = (place: string): string => `rain in ${place}`;

/** The model calls the tool once, then says its text. */
export const once = marker('tool', { name: 'get_weather', args: oslo });
/** Two calls in one answer, after their outputs two more. */
// oxlint-disable-next-line unicorn/no-thenable -- a name in a table of strings, which nobody awaits
export const twice = marker('tool', { name: 'get_weather', calls: 2, args0: oslo, args1: bergen, then: 'tool,text' });

/** The calls and their outputs that the model was shown, in order. */
export const exchanged = (input: readonly Readonly<Record<string, unknown>>[]): readonly unknown[] =>
  input.flatMap(({ type, name, arguments: args, output }): readonly unknown[] => {
    if (type === 'function_call') return [{ name, args }];
    return type === 'function_call_output' ? [{ output }] : [];
  });

/** What `exchanged` is of an exchange. */
export const called = (args: string): unknown => ({ name: 'get_weather', args });
export const answered = (args: string): unknown => ({ output: weather(cityOf(args)) });
