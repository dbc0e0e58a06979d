import { describe, expect, test } from 'vitest';
import {
  makePicture,
  makePolicy,
  makeSight,
  makeSights,
  seen,
  UNSEEN,
  wrongs,
} from '../../fixtures/picture.ts';
import { judgeContents } from './judge-contents.ts';

test.each([
  ['leveret.unroutable', { messageCount: 3 }, ['problem unroutable leveret.unroutable']],
  ['leveret.unroutable', { messageCount: 3, consumerCount: 1 }, []],
  ['leveret.events.ledger', { messageCount: 3 }, ['problem ledger leveret.events.ledger']],
  ['leveret.events.ledger', { messageCount: 3, consumerCount: 1 }, []],
  ['leveret.dead.mail', { messageCount: 3 }, ['warning dead-letters leveret.dead.mail']],
  ['leveret.dead.mail', { messageCount: 3, consumerCount: 1 }, []],
  ['leveret.q.mail', { messageCount: 3 }, []],
])('%s with %o: %o', (name, counts, expected) => {
  const sights = makeSights({ [`queue ${name}`]: makeSight(counts) });

  expect(wrongs(judgeContents(makePicture({ sights })))).toEqual(expected);
});

test('nothing is said of what waits in a queue that is not there', () => {
  const missing = { state: 'missing' } as const;
  const sights = makeSights({
    'queue leveret.unroutable': missing,
    'queue leveret.events.ledger': missing,
    'queue leveret.dead.mail': missing,
  });

  const findings = judgeContents(makePicture({ sights }));

  expect(findings.map(({ check }) => check)).toEqual(['consumer-timeout']);
});

describe('the consumer timeout', () => {
  const policyOf = (timeoutMs: number) =>
    seen([makePolicy({ 'consumer-timeout': timeoutMs }, '^leveret\\.q\\.')]);

  test.each([
    [60_000, ['problem consumer-timeout leveret.q.mail']],
    [70_000, ['warning consumer-timeout leveret.q.mail']],
    [75_000, []],
  ])('of %d ms, for a job of 60,000 ms: %o', (timeoutMs, expected) => {
    expect(wrongs(judgeContents(makePicture({ policies: policyOf(timeoutMs) })))).toEqual(expected);
  });

  test('of a queue whose jobs are not at hand has to be enough for the longest there may be', () => {
    const policies = policyOf(1_500_000);

    expect(wrongs(judgeContents(makePicture({ jobs: [], policies })))).toEqual([
      'problem consumer-timeout leveret.q.mail',
    ]);
  });

  test.each([
    ['no policy sets it', { policies: seen([]) }],
    ['policies are not shown', { policies: UNSEEN }],
    ['the broker does not know such a policy', { server: { product: 'RabbitMQ', version: '3.10.8' } }],
  ])('is not known where %s', (_, otherwise) => {
    const findings = judgeContents(makePicture(otherwise));

    expect(wrongs(findings)).toEqual(['unknown consumer-timeout leveret.q.mail']);
    expect(findings.at(-1)?.fix).toContain('must say more than 75000');
  });
});
