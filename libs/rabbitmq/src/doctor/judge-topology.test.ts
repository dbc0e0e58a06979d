import { describe, expect, test } from 'vitest';
import { makePicture, makeSight, makeSights, seen, UNSEEN, wrongs } from '../../fixtures/picture.ts';
import { judgeTopology } from './judge-topology.ts';
import type { Described } from './picture.ts';

const REFUSED = { state: 'refused', said: 'ACCESS_REFUSED' } as const;

/** The good picture, in which the user may not declare one thing, and the API describes it otherwise. */
function describedAs(key: string, otherwise: Partial<Described>) {
  const { described } = makePicture();
  const found = described.known ? described.value : new Map();
  return makePicture({
    sights: makeSights({ [key]: makeSight({ match: REFUSED }) }),
    described: seen(new Map([...found, [key, { ...found.get(key), ...otherwise }]])),
  });
}

test.each([
  ['exchange leveret.unroutable', 'problem exchange leveret.unroutable'],
  ['exchange leveret.dead', 'problem exchange leveret.dead'],
  ['queue leveret.dead.mail', 'problem queue leveret.dead.mail'],
  ['queue leveret.delay.7.3', 'problem queue leveret.delay.7.3'],
])('%s that is missing is told, alone', (key, expected) => {
  const findings = judgeTopology(makePicture({ sights: makeSights({ [key]: { state: 'missing' } }) }));

  expect(wrongs(findings)).toEqual([expected]);
});

test('what the user may not look for is not known', () => {
  const sights = makeSights({ 'queue leveret.q.mail': { state: 'unseen', why: 'ACCESS_REFUSED' } });

  expect(wrongs(judgeTopology(makePicture({ sights })))).toEqual(['unknown queue leveret.q.mail']);
});

test('every binding that is missing is told: the work queue’s, the wheel’s, the way out of it', () => {
  const { bindings } = makePicture();
  const gone = ['"leveret.jobs"', '"2>1.3"', '"7>"'];
  const left = bindings.known
    ? [...bindings.value].filter((key) => !gone.some((part) => key.includes(part)))
    : [];

  const findings = judgeTopology(makePicture({ bindings: seen(new Set(left)) }));

  expect(wrongs(findings)).toEqual([
    'problem binding leveret.delay.x2 –2>1.3→ leveret.delay.1.3',
    'problem binding leveret.delay.x7 –7>→ leveret.delay.out',
    'problem binding leveret.jobs –mail.high.#→ leveret.q.mail.high',
    'problem binding leveret.jobs –mail.normal.#→ leveret.q.mail',
    'problem binding leveret.jobs –mail.low.#→ leveret.q.mail.low',
  ]);
});

describe('arguments', () => {
  test('what the broker compared and found otherwise is a problem that nobody mends alone', () => {
    const said = "inequivalent arg 'x-delivery-limit'";
    const sights = makeSights({ 'queue leveret.q.mail': makeSight({ match: { state: 'other', said } }) });

    const [finding] = judgeTopology(makePicture({ sights })).filter(({ severity }) => severity !== 'ok');

    expect(finding).toMatchObject({ check: 'arguments', severity: 'problem', canFix: false });
    expect(finding?.what).toContain(said);
  });

  test('who may not declare is told what the management API describes', () => {
    const key = 'queue leveret.q.mail';

    expect(wrongs(judgeTopology(describedAs(key, {})))).toEqual([]);
  });

  test.each<[string, Partial<Described>, string]>([
    ['queue leveret.q.mail', { type: 'classic' }, 'its type is classic, not quorum'],
    ['queue leveret.q.mail', { isDurable: false }, 'it is not durable'],
    ['queue leveret.dead.mail', { arguments: {} }, 'x-delivery-limit is not set, not 1000000'],
    ['exchange leveret.dead', { arguments: {} }, 'alternate-exchange is not set, not leveret.unroutable'],
    ['exchange leveret.jobs', { type: 'direct' }, 'its type is direct, not topic'],
    ['exchange leveret.jobs', { arguments: { 'alternate-exchange': 'x' } }, 'is x, not set at all'],
  ])('%s described as %o is a problem: %s', (key, otherwise, words) => {
    const findings = judgeTopology(describedAs(key, otherwise)).filter(({ severity }) => severity !== 'ok');

    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ check: 'arguments', severity: 'problem' });
    expect(findings[0]?.what).toContain(words);
  });

  test('who may not declare, and is shown nothing, does not know', () => {
    const sights = makeSights({ 'queue leveret.q.mail': makeSight({ match: REFUSED }) });

    const findings = judgeTopology(makePicture({ sights, described: UNSEEN }));

    expect(wrongs(findings)).toEqual(['unknown arguments queue leveret.q.mail']);
  });
});
