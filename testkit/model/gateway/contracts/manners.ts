/** What every machine keeps to, whatever it is for: it says a thing once, and what concerns others leaves it alone. */

import { type ModelEvent, type Monitor, type Observed, stable, Violation } from '../../actor.ts';
import { contract, type Rule } from './contract.ts';

export const notTwice: Monitor<number> = {
  name: 'nobody says a thing twice in one breath',
  initial: 0,
  about: ({ commands }) => commands.length > 1,
  observe(_, { actor, commands }) {
    const said = commands.map(stable);
    const twice = said.find((one, index) => said.indexOf(one) !== index);
    return twice === undefined ? 0 : new Violation(`${actor} says ${twice} twice`);
  },
};

/** In a world without faults nothing has to be repaired by a deadline; that of the pool's drain is the operator's patience. */
export const patience: Monitor<number> = {
  name: 'nothing waits for a deadline while nothing is wrong',
  initial: 0,
  about: ({ event }) => /^xstate\.after\.(?!head\.|\w+\.supervisor\.)/u.test(event.type),
  observe: (_, { actor, event }) => new Violation(`${actor} waited for ${event.type}`),
};

/** The process that an event is about, as in `0/1`: slot and epoch, as far as it says. */
const aboutWhom = ({ lease, ...event }: ModelEvent): string => {
  const { slot = '', epoch = '' } = (lease ?? event) as { readonly slot?: number; readonly epoch?: number };
  return `${slot}/${epoch}`;
};

const untouched =
  (isNews: (event: ModelEvent) => boolean): Rule<string> =>
  (own, { event, commands, delays }) =>
    isNews(event) || aboutWhom(event) === own || commands.length + delays.length === 0
      ? null
      : `it is about ${aboutWhom(event)}, not about ${own}`;

const is =
  (type: string) =>
  (event: ModelEvent): boolean =>
    event.type === type;

const strangers = (
  who: string,
  about: (seen: Observed) => boolean,
  rule: Rule<string>,
  learn: (own: string, seen: Observed) => string,
): Monitor => contract(`strangers change nothing/${who}`, '/', about, [rule], learn);

/** What is said of another process of its slot changes nothing for a worker. */
export const workerManners = (slot: number): Monitor =>
  strangers(
    `worker/${slot}`,
    ({ actor, event }) => actor === `worker/${slot}` && 'epoch' in event,
    untouched(is('start.requested')),
    (own, { event }) => (event.type === 'start.requested' ? aboutWhom(event) : own),
  );

/** What is said of another lease changes nothing for a stream. */
export const streamManners = (response: string): Monitor =>
  strangers(
    response,
    ({ actor, event }) => actor === `stream/${response}` && 'lease' in event,
    untouched(is('lease.granted')),
    (own, { event, commands }) => (commands.some(is('turn.start')) ? aboutWhom(event) : own),
  );

/** What is said of an earlier process of a slot changes nothing for the supervisor. */
export const supervisorManners = (slot: number): Monitor => {
  const starts = (command: ModelEvent): boolean => command.type === 'worker.start' && command['slot'] === slot;
  const concerns = (event: ModelEvent): boolean => new RegExp(`^${slot}/.`, 'u').test(aboutWhom(event));
  return strangers(
    `slot ${slot}`,
    ({ actor, event, commands }) => actor === 'supervisor' && (concerns(event) || commands.some(starts)),
    untouched((event) => !concerns(event)),
    (own, { commands }) => commands.filter(starts).map(aboutWhom)[0] ?? own,
  );
};
