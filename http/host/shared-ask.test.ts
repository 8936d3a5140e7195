import { expect, test } from 'vitest';
import { SharedAsk } from './shared-ask.ts';

const questions = () => {
  const asked: PromiseWithResolvers<number>[] = [];
  const shared = new SharedAsk(() => {
    const question = Promise.withResolvers<number>();
    asked.push(question);
    return question.promise;
  });
  return { asked, shared };
};
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('one is under way, one waits for all who come meanwhile, and is begun after they have asked', async () => {
  const { asked, shared } = questions();
  const first = shared.ask();
  const others = [shared.ask(), shared.ask()];
  expect(asked).toHaveLength(1);
  asked[0]!.resolve(1);
  expect(await first).toBe(1);
  await turn();
  expect(asked).toHaveLength(2);
  const last = shared.ask();
  asked[1]!.resolve(2);
  expect(await Promise.all(others)).toEqual([2, 2]);
  await turn();
  asked[2]!.resolve(3);
  expect(await last).toBe(3);
  await turn();
  void shared.ask();
  expect(asked).toHaveLength(4);
});

test('whoever waits behind one that came to nothing waits no longer, and the next one is asked anew', async () => {
  const { asked, shared } = questions();
  const all = [shared.ask(), shared.ask(), shared.ask()];
  asked[0]!.reject(new Error('no answer'));
  expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  const later = shared.ask();
  expect(asked).toHaveLength(2);
  asked[1]!.resolve(2);
  expect(await later).toBe(2);
});
