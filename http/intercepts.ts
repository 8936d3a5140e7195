/** Which conversations the gateway answers by itself. The first that knows an answer gives it. */

import type { Front } from './front.ts';
import { freeOfCharge, type Interceptor } from './local-answer.ts';
import { when } from './soon.ts';
import { lastUserText, readUsageQuery, usageText } from './usage-query.ts';

const usageQueries =
  ({ calendar, usage }: Front): Interceptor =>
  (items) => {
    const text = lastUserText(items);
    const query = text === null ? null : readUsageQuery(text, calendar());
    if (query === null) return null;
    const found = usage.book.ask(query.start, query.end, query.group ?? 'hour');
    return when(found, (told) => ({ text: usageText(query, told), usage: freeOfCharge }));
  };

export const interceptor = (front: Front): Interceptor => {
  const interceptors = [...(front.settings.usageQueries ? [usageQueries(front)] : [])];
  return (items) => {
    for (const intercept of interceptors) {
      const answer = intercept(items);
      if (answer !== null) return answer;
    }
    return null;
  };
};
