import { expect, test } from 'vitest';
import {
  createAttemptLedger,
  decideStart,
  type RecordedStart,
  type StartRequest,
  type StartStore,
} from './attempt-ledger.ts';

const asked: StartRequest = {
  queue: 'q',
  jobId: 'a',
  attempt: 1,
  instanceId: 'me',
  returnCount: 1,
  isApart: false,
  goneIds: [],
  endedIds: [],
};

const open = (instanceId: string, ageMs = 5): RecordedStart => ({ instanceId, isEnded: false, ageMs });
const ended = (instanceId: string): RecordedStart => ({ instanceId, isEnded: true, ageMs: 5 });

/** The decision when the instances that are named cannot be reached. */
function decide(starts: readonly RecordedStart[], over: Partial<StartRequest> = {}) {
  return decideStart({ isSettled: false, starts }, { ...asked, ...over });
}

test('an attempt whose outcome is recorded does not start', () => {
  expect(decideStart({ isSettled: true, starts: [] }, asked)).toEqual({ kind: 'settled' });
});

test('what another instance has started is in doubt until it is known whether that runs it', () => {
  expect(decide([open('other')])).toEqual({ kind: 'started', instanceIds: ['other'] });
  expect(decide([open('other')], { goneIds: ['other'] })).toEqual({
    kind: 'granted',
    openStarts: 1,
    newestAgeMs: 5,
  });
  expect(decide([open('other')], { endedIds: ['other'] })).toMatchObject({ kind: 'granted', openStarts: 0 });
});

test('starts that have ended, and those of the instance that asks, do not count', () => {
  expect(decide([ended('b'), ended('c'), ended('d'), open('me')])).toEqual({
    kind: 'granted',
    openStarts: 0,
    newestAgeMs: 0,
  });
});

test('a job with two starts of which no end is known is a candidate, and starts apart alone', () => {
  const over = { goneIds: ['b', 'c'] };

  expect(decide([open('b', 7), open('c', 3)], over)).toEqual({
    kind: 'candidate',
    openStarts: 2,
    newestAgeMs: 3,
  });
  expect(decide([open('b'), open('c')], { ...over, isApart: true })).toMatchObject({ kind: 'granted' });
});

test('a job that came back more often than is explained was perhaps started once more', () => {
  const over = { goneIds: ['b'], returnCount: 2 };

  expect(decide([open('b')], over)).toMatchObject({ kind: 'candidate', openStarts: 1 });
  expect(decide([open('b'), ended('c')], over)).toMatchObject({ kind: 'granted', openStarts: 1 });
  expect(decide([], { returnCount: 9 })).toMatchObject({ kind: 'granted', openStarts: 0 });
});

test('a start that is asked for in advance is free when each start has ended and one return at most has another cause', () => {
  const ahead = (starts: readonly RecordedStart[], returnCount: number, isSettled = false) =>
    decideStart({ isSettled, starts }, { ...asked, returnCount, isAhead: true }).kind;

  expect([ahead([], 1), ahead([ended('b'), ended('c')], 3)]).toEqual(['free', 'free']);
  expect([ahead([], 2), ahead([ended('b')], 3), ahead([open('b')], 1), ahead([], 1, true)]).toEqual(
    Array(4).fill('unclear'),
  );
});

test('a job is not started with as many starts without a known end as its worker allows, also apart', () => {
  const over = { goneIds: ['b', 'c'], isApart: true };

  expect(decide([open('b'), open('c')], { ...over, maxOpenStarts: 2 })).toMatchObject({ kind: 'candidate' });
  expect(decide([open('b'), open('c')], { ...over, maxOpenStarts: 3 })).toMatchObject({ kind: 'granted' });
});

/** A store that holds `starts` of every attempt, and a directory in which each instance answers as it is said. */
function makeLedger(starts: readonly RecordedStart[], inHand: Readonly<Record<string, boolean>>) {
  const requests: StartRequest[] = [];
  const store: StartStore = {
    async begin(some) {
      requests.push(...some);
      return some.map((request) => decideStart({ isSettled: false, starts }, request));
    },
    noteEnds: () => Promise.resolve(),
  };
  const ledger = createAttemptLedger(store, {
    ask: async (instanceId, attempts) => {
      const answer = inHand[instanceId];
      return answer === undefined ? undefined : attempts.map(() => answer);
    },
  });
  return { ledger, requests };
}

test('an instance that runs an attempt keeps it from a second start, and one that does not explains its own', async () => {
  const running = makeLedger([open('x'), open('gone')], { x: true });
  const idle = makeLedger([open('x'), open('gone')], { x: false });

  expect(await running.ledger.begin([asked, { ...asked, jobId: 'b' }])).toEqual([
    { kind: 'running' },
    { kind: 'running' },
  ]);
  expect(await idle.ledger.begin([asked])).toMatchObject([{ kind: 'granted', openStarts: 1 }]);
  expect(idle.requests.at(-1)).toMatchObject({ goneIds: ['gone'], endedIds: ['x'] });
});
