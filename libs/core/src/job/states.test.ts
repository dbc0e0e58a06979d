import { expect, test } from 'vitest';
import { JOB_STATES } from './states.ts';

test('every state can be reached, and only terminal ones end', () => {
  const reached = new Set(Object.values(JOB_STATES).flatMap(({ next }) => next));
  const entries = ['scheduled', 'queued'];

  for (const [name, { terminal, next }] of Object.entries(JOB_STATES)) {
    expect(reached.has(name as keyof typeof JOB_STATES) || entries.includes(name)).toBe(true);
    if (!terminal) expect(next.length).toBeGreaterThan(0);
  }
});
