import { describe, expect, test } from 'vitest';
import { makeNode, makePicture, seen, UNSEEN, wrongs } from '../../fixtures/picture.ts';
import { judgeServer } from './judge-server.ts';
import type { ClusterNode } from './picture.ts';

function serverOf(version: string, product = 'RabbitMQ') {
  return { server: { product, version } };
}

describe('the version', () => {
  test.each([
    ['3.9.29', ['problem']],
    ['3.10.7', ['problem']],
    ['3.10.8', ['warning']],
    ['3.12.14', ['warning']],
    ['3.13.0', []],
    ['3.13.7', []],
    ['4.0.9', ['warning']],
    ['4.1.8', ['warning']],
    ['4.2.6', ['warning']],
    ['4.2.9', []],
    ['4.3.0-rc.1', ['warning']],
    ['4.3.5', []],
    ['5.0.0', []],
    ['something', ['unknown']],
  ])('%s is judged %s', (version, severities) => {
    const findings = judgeServer(makePicture(serverOf(version)));

    const judged = findings.filter(({ check, severity }) => check === 'version' && severity !== 'ok');
    expect(judged.map(({ severity }) => severity)).toEqual(severities);
  });

  test('of another product, neither version nor features are taken for RabbitMQ’s', () => {
    const findings = judgeServer(makePicture(serverOf('4.3.5', 'LavinMQ')));

    expect(wrongs(findings)).toEqual([
      'unknown version LavinMQ 4.3.5',
      'unknown feature time to live on quorum queues',
      'unknown feature dead lettering at least once',
      'unknown feature a consumer timeout for each queue',
      'unknown feature a log that shrinks while a long job runs',
    ]);
  });
});

describe('features', () => {
  test('what Leveret cannot do without is a problem, what it can do without is said', () => {
    const findings = judgeServer(makePicture(serverOf('3.9.0'))).filter(({ check }) => check === 'feature');

    expect(findings.map(({ severity }) => severity)).toEqual(['problem', 'problem', 'ok', 'ok']);
    expect(findings.at(-1)?.what).toBe('not here: in RabbitMQ since 4.3; Leveret does without');
  });

  test('a feature flag that is switched off takes dead lettering at least once away', () => {
    const flags = seen(new Set(['quorum_queue']));

    const findings = judgeServer(makePicture({ ...serverOf('3.10.8'), flags }));

    const [finding] = findings.filter(({ severity }) => severity === 'problem');
    expect(finding).toMatchObject({
      check: 'feature',
      about: 'dead lettering at least once',
      fix: 'rabbitmqctl enable_feature_flag stream_queue',
    });
  });

  test('from 3.12 the flag is always on: nobody needs to see it', () => {
    expect(wrongs(judgeServer(makePicture({ ...serverOf('3.13.7'), flags: UNSEEN })))).toEqual([]);
  });
});

describe('publishing', () => {
  test.each([
    [{ state: 'blocked', reason: 'low on memory' } as const, 'problem', 'low on memory'],
    [{ state: 'silent', afterMs: 5_000 } as const, 'problem', 'within 5 s'],
    [{ state: 'refused', said: 'ACCESS_REFUSED' } as const, 'unknown', 'ACCESS_REFUSED'],
    [{ state: 'unseen', why: 'NOT_FOUND' } as const, 'unknown', 'NOT_FOUND'],
  ])('%o is a %s that says %s', (publishing, severity, words) => {
    const findings = judgeServer(makePicture({ publishing }));

    const [finding] = findings.filter(({ check }) => check === 'blocked');
    expect(finding?.severity).toBe(severity);
    expect(finding?.what).toContain(words);
  });
});

describe('nodes', () => {
  test.each(['memory', 'disk'])('a %s alarm is a problem of its node', (resource) => {
    const findings = judgeServer(makePicture({ alarms: seen([{ node: 'two', resource }]) }));

    expect(wrongs(findings)).toEqual(['problem alarm two']);
    expect(findings.find(({ check }) => check === 'alarm')?.what).toContain(`${resource} alarm`);
  });

  test.each<[Partial<ClusterNode>, string]>([
    [{ isRunning: false }, 'warning node two'],
    [{ partitions: ['one'] }, 'problem partition two'],
  ])('%o is a %s', (state, expected) => {
    const nodes = seen([makeNode('one'), { ...makeNode('two'), ...state }, makeNode('three')]);

    expect(wrongs(judgeServer(makePicture({ nodes })))).toEqual([expected]);
  });
});

describe('members of quorum queues', () => {
  const three = ['one', 'two', 'three'];

  test.each([
    [three, ['one'], ['problem members leveret.q.mail']],
    [['one', 'two'], ['one'], ['problem members leveret.q.mail']],
    [three, ['one', 'two'], ['warning members leveret.q.mail']],
    [['one'], ['one'], ['warning members leveret.q.mail']],
    [three, three, []],
  ])('on %o with %o online: %o', (members, online, expected) => {
    const { described } = makePicture();
    const key = 'queue leveret.q.mail';
    const found = described.known ? described.value : new Map();

    const changed = seen(new Map([...found, [key, { ...found.get(key), members, online }]]));

    expect(wrongs(judgeServer(makePicture({ described: changed })))).toEqual(expected);
  });

  test('a single node has single members', () => {
    const { described } = makePicture();
    const found = described.known ? [...described.value] : [];
    const alone = found.map(([key, one]) => [key, { ...one, members: ['one'], online: ['one'] }] as const);

    const findings = judgeServer(
      makePicture({ described: seen(new Map(alone)), nodes: seen([makeNode('one')]) }),
    );

    expect(wrongs(findings)).toEqual([]);
  });
});
