import { describe, expect, test } from 'vitest';
import { JOB_PRIORITIES, type JobPriority, LANE_WEIGHTS } from '../job/priority.ts';
import { createLaneChooser } from './lane-chooser.ts';

const NONE = { high: 0, normal: 0, low: 0 };
const ALL = { high: 1, normal: 1, low: 1 };

/** Lanes by their first letters. */
function turnsOf(count: number, waiting = ALL, chooser = createLaneChooser()): string {
  return Array.from({ length: count }, () => chooser.next(waiting)?.[0] ?? '-').join('');
}

describe('the lane whose turn it is', () => {
  test('is the urgent one most often, and every lane has its share of 21 turns, evenly spread', () => {
    expect(turnsOf(42)).toBe('hhnhhhhnhhlhhhnhhhnhh'.repeat(2));
  });

  test.each(JOB_PRIORITIES)('is the only one in which something waits: %s', (lane) => {
    expect(turnsOf(5, { ...NONE, [lane]: 1 })).toBe(lane.charAt(0).repeat(5));
  });

  test('is none where nothing waits', () => {
    expect(createLaneChooser().next(NONE)).toBeUndefined();
  });

  test('goes by the weights of those that wait when one lane is empty', () => {
    const turns = turnsOf(100, { ...ALL, high: 0 });

    expect(turns.split('n').length - 1).toBe(80);
    expect(turns.split('l').length - 1).toBe(20);
  });

  test('does not come sooner for a lane that was empty for long: nothing is saved up', () => {
    const chooser = createLaneChooser();
    turnsOf(1_000, { ...ALL, low: 0 }, chooser);

    expect(turnsOf(21, ALL, chooser).split('l').length - 1).toBe(1);
  });

  test('is the urgent one at the latest after one other, and the last one after some twenty, whatever was before', () => {
    const waits = new Map<JobPriority, number>(JOB_PRIORITIES.map((lane) => [lane, 0]));
    for (const lane of JOB_PRIORITIES) {
      for (let past = 0; past < 500; past += 1) {
        const chooser = createLaneChooser();
        // Lanes come and go as the digits of a number do.
        for (let digits = past; digits > 0; digits = Math.floor(digits / 7))
          chooser.next({ high: digits & 1, normal: digits & 2, low: digits & 4 });
        let wait = 0;
        while (chooser.next(ALL) !== lane) wait += 1;
        waits.set(lane, Math.max(wait, waits.get(lane) ?? 0));
      }
    }

    expect(waits.get('high')).toBeLessThanOrEqual(1);
    expect(waits.get('low')).toBeLessThanOrEqual(25);
  });
});

test('every lane has a weight, and the more urgent the higher', () => {
  const weights = JOB_PRIORITIES.map((lane) => LANE_WEIGHTS[lane]);

  expect(weights).toEqual([...weights].sort((a, b) => b - a));
  expect(Math.min(...weights)).toBeGreaterThan(0);
});
