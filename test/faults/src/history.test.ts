import { expect, test } from 'vitest';
import { createHistory, type History } from './history.ts';

/** The whole way of a job. */
function pass(history: History, id: string): void {
  history.offered(id);
  history.accepted(id, 10);
  history.delivered({ id, attempt: 1 }, 'worker');
  history.settled(id);
}

test('jobs that went their way are neither lost nor twice', () => {
  const history = createHistory();

  pass(history, 'a');
  pass(history, 'b');

  expect(history.report()).toEqual({
    accepted: 2,
    lost: [],
    extraRuns: { count: 0, countByCause: new Map(), unexplained: [] },
    unexpected: [],
    slowestAnswerMs: 10,
    refusals: {},
  });
});

test('an accepted job that was never delivered, or whose outcome never came, is lost', () => {
  const history = createHistory();
  pass(history, 'a');

  history.offered('never delivered');
  history.accepted('never delivered', 5);
  history.offered('no outcome');
  history.accepted('no outcome', 5);
  history.delivered({ id: 'no outcome', attempt: 1 }, 'worker');

  expect(history.openCount()).toBe(2);
  expect(history.report()).toMatchObject({ accepted: 3, lost: ['never delivered', 'no outcome'] });
});

test('a job that was refused may be lost or not; the answer counts all the same', () => {
  const history = createHistory();

  history.offered('gone');
  history.refused('gone', 'BROKER_UNAVAILABLE', 2_100.4);
  history.offered('there');
  history.refused('there', 'BROKER_UNAVAILABLE', 3);
  history.delivered({ id: 'there', attempt: 1 }, 'worker');
  history.settled('there');

  expect(history.report()).toMatchObject({
    accepted: 0,
    lost: [],
    unexpected: [],
    slowestAnswerMs: 2_100,
    refusals: { BROKER_UNAVAILABLE: 2 },
  });
});

test('what nobody has offered is unexpected', () => {
  const history = createHistory();

  history.delivered({ id: 'from nowhere', attempt: 1 }, 'worker');

  expect(history.report()).toMatchObject({ unexpected: ['from nowhere'], lost: [] });
});
