import { expect, test } from 'vitest';
import { createPrincipal } from '../access/principal.ts';
import { createFollowerCount } from './follower-limits.ts';

const limits = { perProcess: 4, perPrincipal: 2 };
const named = (name: string) => createPrincipal({ name, role: 'viewer', kind: 'account' });
const local = createPrincipal({ name: 'local', role: 'admin', kind: 'local' });

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

test('on a server for one machine only the limit of the process counts', () => {
  const count = createFollowerCount(limits);
  for (let opened = 0; opened < limits.perProcess; opened += 1) count.add(local);

  expect(() => count.add(local)).toThrow(expect.objectContaining({ code: 'STREAMS_EXHAUSTED' }));
});
