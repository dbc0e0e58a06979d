import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DeadLetter } from '../broker/dead-letter.ts';
import { toFailure } from '../errors/failure.ts';
import type { AttemptEventBase, RecordableEvent } from '../events/events.ts';
import type { JobMessage } from '../job/message.ts';
import { applyDeadLetter } from './apply-dead-letter.ts';
import { applyEvent } from './apply-event.ts';
import { type JobRecord, toRecord } from './job-record.ts';

/** How a run ended that is not the last of its attempt, how often its handler told of its progress, and whether it logged lines. */
interface Run {
  readonly end: 'crashed' | 'held' | 'handed-back' | 'lost';
  readonly progressCount: number;
  readonly isLogging: boolean;
}

interface Attempt {
  readonly runs: readonly Run[];
  readonly outcome: 'retried' | 'dead-lettered';
}

/** All that a job went through. */
interface Life {
  readonly attempts: readonly Attempt[];
  readonly end: 'succeeded' | 'dead-lettered' | 'cancelled' | 'retried' | 'running';
}

const run: fc.Arbitrary<Run> = fc.record({
  end: fc.constantFrom('crashed', 'held', 'handed-back', 'lost'),
  progressCount: fc.nat({ max: 2 }),
  isLogging: fc.boolean(),
});
const life: fc.Arbitrary<Life> = fc.record({
  attempts: fc.array(
    fc.record({
      runs: fc.array(run, { maxLength: 3 }),
      outcome: fc.constantFrom('retried', 'dead-lettered'),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  end: fc.constantFrom('succeeded', 'dead-lettered', 'cancelled', 'retried', 'running'),
});

/** The events of a life in the order in which they happened. `clockOf` says how far the clock of a run's worker is ahead. */
function eventsOf({ attempts, end }: Life, clockOf: (run: number) => number = () => 0): RecordableEvent[] {
  const events: RecordableEvent[] = [];
  let now = 1_000;
  let runCount = 0;
  attempts.forEach(({ runs, outcome }, index) => {
    const isLast = index === attempts.length - 1;
    let runNumber = 0;
    let startedAt = 0;
    const base = (): AttemptEventBase => {
      now += 10;
      const ids = { jobId: 'j', kind: 'k', queue: 'q', attempt: index + 1, maxAttempts: index + 3 };
      return {
        ...ids,
        createdAt: 1_000,
        at: now + clockOf(runCount),
        run: runNumber,
        workerId: `w${runCount}`,
      };
    };
    const begin = (progressCount: number, isLogging: boolean) => {
      runCount += 1;
      const start = { ...base(), type: 'started', workerId: `w${runCount}` } as const;
      startedAt = start.at;
      events.push(start);
      for (let count = 1; count <= progressCount; count += 1)
        events.push({ ...base(), type: 'progress', progress: count / 4, text: `part ${count}` });
      const lines = [{ number: 1, at: now, level: 'info', message: `run ${runCount}` }] as const;
      if (isLogging) events.push({ ...base(), type: 'logged', bestEffort: true, lines });
    };
    for (const { end: runEnd, progressCount, isLogging } of runs) {
      const failure = toFailure('WORKER_CRASHED', `run ${runCount}`);
      if (runEnd !== 'held') begin(progressCount, isLogging);
      if (runEnd === 'handed-back') events.push({ ...base(), type: 'handed-back' });
      if (runEnd === 'crashed') events.push({ ...base(), type: 'crashed', failure, crashes: 1, delayMs: 7 });
      if (runEnd === 'held') events.push({ ...base(), type: 'held', failure, delayMs: 7 });
      if (runEnd === 'crashed' || runEnd === 'held') runNumber += 1;
    }
    begin(1, true);
    const failure = toFailure('HANDLER_FAILED', `attempt ${index + 1}`);
    const last = isLast ? end : outcome;
    if (last === 'succeeded') events.push({ ...base(), type: 'succeeded', result: index, startedAt });
    if (last === 'retried') events.push({ ...base(), type: 'retried', failure, delayMs: 9, startedAt });
    if (last === 'dead-lettered') events.push({ ...base(), type: 'dead-lettered', failure, startedAt });
    if (last === 'cancelled') events.push({ ...base(), type: 'cancelled', state: 'cancelled', startedAt });
  });
  return events;
}

const isOutcome = ({ type }: RecordableEvent) =>
  ['succeeded', 'retried', 'dead-lettered', 'cancelled'].includes(type);

const accepted = toRecord({
  id: 'j',
  kind: 'k',
  queue: 'q',
  priority: 'normal',
  maxAttempts: 3,
  createdAt: 1_000,
  delayMs: 0,
  payload: null,
});

/** The dead letter of an attempt. */
function letterOf(attempt: number): Pick<DeadLetter, 'message' | 'failure'> {
  const message: JobMessage = {
    version: 1,
    ...{ id: 'j', kind: 'k', queue: 'q', priority: 'normal', attempt, generation: 0, createdAt: 1_000 },
    ...{ heldMs: 0, crashes: 0, snoozes: 0, body: new Uint8Array(), headers: {} },
  };
  return { message, failure: toFailure('HANDLER_FAILED', `attempt ${attempt}`) };
}

function fold(events: readonly RecordableEvent[], first: JobRecord = accepted): JobRecord {
  return events.reduce<JobRecord>((record, event) => applyEvent(record, event), first);
}

/** What arrives of `events`: each outcome once or more, of the others some, in any order. Seeds say which and where. */
function arrivals(events: readonly RecordableEvent[], seeds: readonly number[]): RecordableEvent[] {
  const seedOf = (index: number) => seeds[index % seeds.length] ?? 0;
  return events
    .flatMap((event, index) => {
      const copies = seedOf(index) % 3;
      return Array<RecordableEvent>(isOutcome(event) ? Math.max(1, copies) : copies).fill(event);
    })
    .map((event, index) => ({ event, place: seedOf(index * 7 + 3) }))
    .sort((a, b) => a.place - b.place)
    .map(({ event }) => event);
}

const history = fc.constantFrom('all', 'failed', 'none');
const seeds = fc.array(fc.nat({ max: 10_000 }), { minLength: 60, maxLength: 60 });

test('in whatever order events arrive, twice or not at all, the record is that of those that came, in order', () => {
  fc.assert(
    fc.property(life, seeds, history, (lived, order, history) => {
      const events = eventsOf(lived);
      const first = { ...accepted, history };
      const arrived = arrivals(events, order);
      const inOrder = events.filter((event) => arrived.includes(event));

      expect(fold(arrived, first)).toEqual(fold(inOrder, first));
    }),
    { numRuns: 1_000 },
  );
});

test('of a job that was superseded, the record is that of the highest generation of which an event came', () => {
  fc.assert(
    fc.property(life, life, seeds, (first, second, order) => {
      const earlier = eventsOf(first);
      const later = eventsOf(second).map((event) => ({ ...event, generation: 1 }));
      const arrived = arrivals([...earlier, ...later], order);
      // What was logged begins no generation.
      const counted = arrived.filter((event) => 'generation' in event && event.type !== 'logged');

      const expected = fold(counted.length > 0 ? counted : arrived);

      expect(fold(arrived)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('what handlers logged changes no record, whenever it comes', () => {
  fc.assert(
    fc.property(life, seeds, (lived, order) => {
      const arrived = arrivals(eventsOf(lived), order);

      expect(fold(arrived)).toEqual(fold(arrived.filter(({ type }) => type !== 'logged')));
    }),
    { numRuns: 500 },
  );
});

test('whatever the clocks of the workers say, outcomes lead where they lead in order', () => {
  fc.assert(
    fc.property(life, seeds, (lived, order) => {
      const events = eventsOf(lived, (runCount) => (order[runCount % order.length] ?? 0) - 5_000);
      const told = fold(arrivals(events.filter(isOutcome), order));

      expect({ ...told, updatedAt: 0 }).toEqual({ ...fold(events.filter(isOutcome)), updatedAt: 0 });
    }),
    { numRuns: 500 },
  );
});

test('wherever the dead letter of the last attempt comes among the events, and twice, the record is that of the events', () => {
  fc.assert(
    fc.property(life, seeds, (lived, order) => {
      const events = eventsOf({ ...lived, end: 'dead-lettered' });
      const arrived = arrivals(events, order);
      const letter = letterOf(lived.attempts.length);
      const places = [order[1] ?? 0, order[2] ?? 0].map((place) => place % (arrived.length + 1));

      let record = accepted;
      for (let place = 0; place <= arrived.length; place += 1) {
        const event = arrived[place];
        for (const taken of places)
          if (taken === place) record = applyDeadLetter(record, letter, 500_000 + place);
        if (event !== undefined) record = applyEvent(record, event);
      }

      expect({ ...record, updatedAt: 0 }).toEqual({ ...fold(arrived), updatedAt: 0 });
    }),
    { numRuns: 500 },
  );
});

test('whatever arrives, a job never goes back', () => {
  fc.assert(
    fc.property(life, seeds, (lived, order) => {
      let record = accepted;
      for (const event of arrivals(eventsOf(lived), order)) {
        const next = applyEvent(record, event);
        expect(next.attempt).toBeGreaterThanOrEqual(record.attempt);
        expect(next.settledAttempt).toBeGreaterThanOrEqual(record.settledAttempt);
        expect(next.updatedAt).toBeGreaterThanOrEqual(record.updatedAt);
        if (next.attempt === record.attempt)
          expect(next.startedAt ?? 0).toBeGreaterThanOrEqual(record.startedAt ?? 0);
        if (['succeeded', 'cancelled'].includes(record.state)) expect(next.state).toBe(record.state);
        if (record.state === 'dead' && event.attempt <= record.settledAttempt)
          expect(next.state).toBe('dead');
        expect(applyEvent(next, event)).toBe(next);
        record = next;
      }
    }),
    { numRuns: 500 },
  );
});
