import { silentLogger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { faultList } from '@leveret/http-contract/admin';
import { expect, test } from 'vitest';
import type { FaultKind, Finding } from './fault.ts';
import { createFaultTracker } from './fault-tracker.ts';

function finding(kind: FaultKind, over: Partial<Finding> = {}): Finding {
  return { kind, severity: 'bad', text: `${kind} is wrong.`, subject: {}, ...over };
}

/** A tracker that looks every 3 s. */
function setUp() {
  const clock = createManualClock();
  const lines: string[] = [];
  const write = (level: string) => (fields: object, message: string) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const tracker = createFaultTracker({
    clock,
    logger: { ...silentLogger, info: write('info'), warn: write('warn'), error: write('error') },
  });
  async function look(findings: readonly Finding[], unknown: readonly FaultKind[] = []) {
    tracker.note({ findings, unknown: new Set(unknown) });
    await clock.advance(3_000);
    return tracker.current().map(({ id }) => id);
  }
  return { clock, lines, tracker, look };
}

test('a fault starts, lasts and ends, and is logged once when it starts and once when it ends', async () => {
  const { lines, tracker, look } = setUp();
  const since = new Date(1_700_000_000_000).toISOString();

  expect(await look([finding('broker-away', { detail: 'refused' })])).toEqual(['broker-away']);
  expect(await look([finding('broker-away', { detail: 'timed out' })])).toEqual(['broker-away']);
  expect(tracker.current()).toEqual([
    {
      ...{ id: 'broker-away', kind: 'broker-away', severity: 'bad', text: 'broker-away is wrong.' },
      ...{ detail: 'timed out', subject: {}, since },
    },
  ]);
  expect(await look([])).toEqual(['broker-away']);
  expect(await look([])).toEqual([]);
  expect(lines).toEqual([
    'error broker-away is wrong. {"fault":"broker-away","detail":"refused"}',
    'info over after 9 s: broker-away is wrong. {"fault":"broker-away","lastedMs":9000}',
  ]);
});

test('a fault that comes and goes is one fault', async () => {
  const { lines, look } = setUp();
  for (let round = 0; round < 5; round += 1) {
    await look([finding('waiting-too-long', { of: 'q' })]);
    await look([]);
  }

  expect(lines).toHaveLength(1);
});

test.each<[FaultKind, number]>([
  ['depth-differs', 60],
  ['recorder-away', 3],
  ['control-away', 3],
  ['control-lagging', 6],
])('%s is a fault once it was found for %i s', async (kind, seconds) => {
  const { lines, look } = setUp();
  for (let passed = 0; passed < seconds; passed += 3) expect(await look([finding(kind)])).toEqual([]);

  expect(await look([finding(kind)])).toEqual([kind]);
  expect(lines).toHaveLength(1);
});

test('what was found for less than that is forgotten, and nothing is logged', async () => {
  const { lines, look } = setUp();
  for (let round = 0; round < 30; round += 1) {
    await look([finding('depth-differs')]);
    await look([]);
  }

  expect(await look([])).toEqual([]);
  expect(lines).toEqual([]);
});

test('a fault of which nothing is known goes on', async () => {
  const { look } = setUp();
  await look([finding('no-worker', { of: 'q' })]);
  for (let round = 0; round < 10; round += 1)
    expect(await look([finding('ledger-away')], ['no-worker'])).toContain('no-worker:q');

  await look([]);
  expect(await look([])).toEqual([]);
});

test('the worst faults come first, and warnings are logged as such', async () => {
  const { lines, tracker, look } = setUp();
  const warning = { severity: 'warn' } as const;

  expect(
    await look([
      finding('set-aside', warning),
      finding('no-worker', { of: 'b', subject: { queue: 'b' } }),
      finding('no-worker', { of: 'a', subject: { queue: 'a' } }),
      finding('ledger-away'),
    ]),
  ).toEqual(['ledger-away', 'no-worker:a', 'no-worker:b', 'set-aside']);
  expect(lines[0]).toMatch(/^warn set-aside/);
  expect(lines[1]).toContain('{"fault":"no-worker:b","queue":"b"}');
  faultList.parse({ faults: tracker.current(), checkedAt: new Date(0).toISOString() });
});
