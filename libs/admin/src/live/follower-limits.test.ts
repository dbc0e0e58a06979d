import { expect, test } from 'vitest';
import { createPrincipal } from '../access/principal.ts';
import { createFollowerCount } from './follower-limits.ts';

const limits = { perProcess: 4, perPrincipal: 2 };
const named = (name: string) => createPrincipal({ name, role: 'viewer', kind: 'account' });

test('a principal opens only so many streams, and another one when it has closed one', () => {
  const count = createFollowerCount(limits);
  const close = count.add(named('ann'));
  count.add(named('ann'));

  expect(() => count.add(named('ann'))).toThrow(
    expect.objectContaining({ code: 'STREAMS_LIMITED', details: { retryAfterSeconds: 5 } }),
  );
  count.add(named('bob'));
  close();
  count.add(named('ann'));
});

test('a process has only so many streams, whoever opens them, and another one when one was closed', () => {
  const count = createFollowerCount(limits);
  const closing = ['a', 'b', 'c', 'd'].map((name) => count.add(named(name)));

  expect(() => count.add(named('e'))).toThrow(expect.objectContaining({ code: 'STREAMS_EXHAUSTED' }));
  closing[0]?.();
  count.add(named('e'));
});
