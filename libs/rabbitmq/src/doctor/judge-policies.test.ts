import { expect, test } from 'vitest';
import { makePicture, makePolicy, seen, wrongs } from '../../fixtures/picture.ts';
import { judgePolicies } from './judge-policies.ts';
import type { Policy } from './picture.ts';

function judged(...policies: readonly Policy[]): readonly string[] {
  return wrongs(judgePolicies(makePicture({ policies: seen(policies) })));
}

test.each([
  [{ 'message-ttl': 60_000 }, '^leveret\\.q\\.', ['problem policy leveret.q.mail.high and 2 more']],
  [{ 'message-ttl': 60_000 }, '^leveret\\.dead\\.', ['problem policy leveret.dead.mail']],
  // The wheel's own times are shorter, or longer: the smaller one holds.
  [{ 'message-ttl': 60_000 }, '^leveret\\.delay\\.0\\.', []],
  [{ 'message-ttl': 60_000 }, '^leveret\\.delay\\.7\\.3$', ['problem policy leveret.delay.7.3']],
  [{ 'delivery-limit': 20 }, '^leveret\\.', ['problem policy leveret.unroutable and 50 more']],
  [{ 'delivery-limit': 1_000_000 }, '^leveret\\.', []],
  [{ 'max-length': 10 }, '^leveret\\.q\\.', ['problem policy leveret.q.mail.high and 2 more']],
  [{ 'max-length-bytes': 10 }, '^leveret\\.unroutable$', ['problem policy leveret.unroutable']],
  [{ expires: 1_000 }, '^leveret\\.q\\.', ['problem policy leveret.q.mail.high and 2 more']],
  [{ overflow: 'drop-head' }, '^leveret\\.q\\.', ['problem policy leveret.q.mail.high and 2 more']],
  [{ overflow: 'reject-publish' }, '^leveret\\.q\\.', []],
  [{ overflow: 'drop-head' }, '^leveret\\.dead\\.', []],
  // A queue's own way for dead letters holds.
  [{ 'dead-letter-exchange': 'x', 'dead-letter-routing-key': 'y' }, '^leveret\\.q\\.', []],
  [
    { 'dead-letter-exchange': 'x', 'dead-letter-routing-key': 'y' },
    '^leveret\\.delay\\.0\\.1',
    ['problem policy leveret.delay.0.1'],
  ],
  [{ 'queue-leader-locator': 'client-local' }, '.*', []],
  [{ 'message-ttl': 1 }, '^somebody-elses', []],
])('a policy of %o for %s: %o', (definition, pattern, expected) => {
  expect(judged(makePolicy(definition, pattern))).toEqual(expected);
});

test('what a policy does in different ways is told for each', () => {
  const findings = judged(makePolicy({ 'max-length': 10, expires: 1 }, '^leveret\\.(q|dead)\\.mail'));

  expect(findings).toEqual([
    'problem policy leveret.dead.mail',
    'problem policy leveret.dead.mail and 3 more',
    'problem policy leveret.q.mail.high and 2 more',
  ]);
});

test('of the policies that fit, only those of the highest priority are in force; the operator’s besides', () => {
  const harmful = makePolicy({ expires: 1 }, '^leveret\\.q\\.');
  const harmless = { ...makePolicy({}, '^leveret\\.'), name: 'other', priority: 1 };
  const operators = { ...makePolicy({ 'max-length': 1 }, '^leveret\\.q\\.'), isOperators: true };

  expect(judged(harmful, harmless)).toEqual([]);
  expect(judged({ ...harmful, priority: 1 }, harmless)).toEqual([
    'problem policy leveret.q.mail.high and 2 more',
  ]);
  expect(judged(operators, harmless)).toEqual(['problem policy leveret.q.mail.high and 2 more']);
});

test('a policy is told with how to clear it', () => {
  const operators = { ...makePolicy({ 'max-length': 1 }, '^leveret\\.q\\.'), isOperators: true };

  const [finding] = judgePolicies(makePicture({ policies: seen([operators]) }));

  expect(finding?.what).toContain('operator policy house sets max-length to 1');
  expect(finding?.fix).toContain('rabbitmqctl clear_operator_policy -p jobs house');
});

test.each([
  ['queues', []],
  ['classic_queues', []],
  ['exchanges', ['warning policy leveret.jobs']],
  ['all', ['warning policy leveret.jobs']],
])('an alternate exchange by a policy for %s: %o', (appliesTo, expected) => {
  const policy = { ...makePolicy({ 'alternate-exchange': 'x' }, '^leveret\\.(jobs|dead)$'), appliesTo };

  expect(judged(policy)).toEqual(expected);
});

test('a pattern that only the broker can read is not known to fit', () => {
  expect(judged(makePolicy({ expires: 1 }, '(?i)^LEVERET'))).toEqual(['unknown policy house']);
});
