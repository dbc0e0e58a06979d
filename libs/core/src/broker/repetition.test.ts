import { expect, test } from 'vitest';
import type { JobMessage } from '../job/message.ts';
import type { DeliveryOrigin } from './broker.ts';
import { isRepeated, markFollowing, REPEATED_HEADER } from './repetition.ts';

const message = { attempt: 1, headers: { traceparent: 't' } } as unknown as JobMessage;
const next = { ...message, attempt: 2 };

test.each(['resent', 'returned'] as const)(
  'what follows a delivery that is %s is marked, and so is all that follows that',
  (origin) => {
    const second = markFollowing({ origin, message }, next);
    const third = markFollowing({ origin: 'first', message: second }, { ...second, attempt: 3 });

    expect(second).toEqual({ ...next, headers: { traceparent: 't', [REPEATED_HEADER]: '1' } });
    expect(third).toEqual({ ...second, attempt: 3 });
    for (const marked of [second, third]) expect(isRepeated({ origin: 'first', message: marked })).toBe(true);
    expect(isRepeated({ origin, message })).toBe(true);
  },
);

test('what follows a first delivery is not marked', () => {
  const delivery = { origin: 'first' as DeliveryOrigin, message };

  expect(isRepeated(delivery)).toBe(false);
  expect(markFollowing(delivery, next)).toBe(next);
});
