import { expect, test } from 'vitest';
import type { JobMessage } from '../job/message.ts';
import { encodePayload } from '../job/message.ts';
import { RunsInFlight } from './runs-in-flight.ts';

function messageOf(number: number, over: Partial<JobMessage> = {}): JobMessage {
  return {
    version: 1,
    id: `01890000-0000-7000-8000-${String(number).padStart(12, '0')}`,
    kind: 'a.b',
    queue: 'q',
    priority: 'normal',
    attempt: 1,
    createdAt: 0,
    heldMs: 0,
    crashes: 0,
    snoozes: 0,
    generation: 0,
    body: encodePayload('work'),
    headers: {},
    ...over,
  };
}

test('a run is found by a copy of its message, until it is removed', () => {
  const runs = new RunsInFlight();
  const [message, outcome] = [messageOf(1), Promise.resolve()];

  runs.add(message, outcome);
  const found = runs.find(messageOf(1, { createdAt: 5 }));
  runs.remove(message);

  expect(found).toBe(outcome);
  expect(runs.find(messageOf(1))).toBeUndefined();
});

test.each<Partial<JobMessage>>([
  { attempt: 2 },
  { heldMs: 5 },
  { crashes: 1 },
  { queue: 'other' },
  { kind: 'a.c' },
  { body: encodePayload('other') },
])('a message under the same id with %o is another run', (over) => {
  const runs = new RunsInFlight();

  runs.add(messageOf(1), Promise.resolve());

  expect(runs.find(messageOf(1, over))).toBeUndefined();
});

test('thousands of runs are told apart, in whatever order they come and go', () => {
  const runs = new RunsInFlight();
  const messages = Array.from({ length: 5_000 }, (_, number) => messageOf(number));
  const outcomes = messages.map(async () => {});

  for (const [index, message] of messages.entries())
    runs.add(message, outcomes[index] ?? expect.unreachable());
  for (const message of messages.filter((_, index) => index % 3 === 0)) runs.remove(message);

  expect(messages.map((message) => runs.find(message))).toEqual(
    outcomes.map((outcome, index) => (index % 3 === 0 ? undefined : outcome)),
  );
});

test('removing a message that is not in flight removes no copy of it', () => {
  const runs = new RunsInFlight();
  const outcome = Promise.resolve();
  runs.add(messageOf(1), outcome);

  runs.remove(messageOf(1));

  expect(runs.find(messageOf(1))).toBe(outcome);
});
