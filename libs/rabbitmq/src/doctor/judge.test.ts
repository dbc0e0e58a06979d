import { expect, test } from 'vitest';
import { makePicture, makeSights, seen, UNSEEN, wrongs } from '../../fixtures/picture.ts';
import { CHECKS } from './checks.ts';
import { judge } from './judge.ts';

test('of a broker on which nothing is wrong, every check says that all is in order', () => {
  const findings = judge(makePicture());

  const ofBroker = Object.entries(CHECKS).flatMap(([name, { needs }]) => (needs === 'ledger' ? [] : [name]));
  expect(wrongs(findings)).toEqual([]);
  expect(new Set(findings.map(({ check }) => check))).toEqual(new Set(ofBroker));
});

test('without the management API, nothing that only it shows is called in order, and each finding says how to know', () => {
  const blind = {
    bindings: UNSEEN,
    policies: UNSEEN,
    alarms: UNSEEN,
    nodes: UNSEEN,
    flags: UNSEEN,
    rights: UNSEEN,
    described: UNSEEN,
  };

  const findings = judge(makePicture({ ...blind, server: { product: 'RabbitMQ', version: '3.11.28' } }));

  expect(wrongs(findings)).toEqual([
    'warning version RabbitMQ 3.11.28',
    'unknown feature dead lettering at least once',
    'unknown alarm the nodes',
    'unknown node the nodes',
    'unknown partition the nodes',
    'unknown members the quorum queues',
    'unknown binding 384 bindings',
    'unknown policy virtual host jobs',
    'unknown permission leveret',
    'unknown consumer-timeout leveret.q.mail',
  ]);
  for (const { severity, what, fix } of findings.filter((finding) => finding.severity === 'unknown')) {
    expect(severity).toBe('unknown');
    expect(what).toMatch(/nobody/);
    expect(fix).toMatch(/rabbitmq|--management-url/);
  }
});

test('only what declaring brings back can be mended', () => {
  const findings = judge(
    makePicture({
      sights: makeSights({
        'exchange leveret.dead': { state: 'missing' },
        'queue leveret.dead.mail': { state: 'missing' },
        'queue leveret.delay.0.1': { state: 'unseen', why: 'ACCESS_REFUSED' },
      }),
      bindings: seen(new Set()),
      nodes: seen([]),
      publishing: { state: 'blocked', reason: 'low on memory' },
    }),
  );

  const mendable = findings.filter(({ canFix }) => canFix);
  expect(mendable.map(({ severity }) => severity)).not.toContain('warning');
  expect(new Set(mendable.map(({ check }) => check))).toEqual(new Set(['exchange', 'queue', 'binding']));
  expect(findings.every(({ severity, fix }) => severity === 'ok' || fix !== undefined)).toBe(true);
});
