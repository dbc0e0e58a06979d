import { expect, test } from 'vitest';
import { type AwareWorker, findUnaware, type WorkerStart } from './unaware-workers.ts';

const start = (workerId: string, lastStartAt: number, instanceId?: string): WorkerStart => ({
  workerId,
  lastStartAt,
  ...(instanceId === undefined ? {} : { instanceId }),
});
const aware = (workerId: string, startedAt: number, instanceId = workerId): AwareWorker => ({
  workerId,
  instanceId,
  startedAt,
});

test('workers that never asked are named once, with their newest start, by their ids', () => {
  const starts = [start('b', 5), start('a', 1), { ...start('b', 9), host: 'h', version: '1' }, start('b', 7)];

  expect(findUnaware(starts, [aware('c', 0)])).toEqual([
    { workerId: 'a', lastStartAt: 1 },
    { workerId: 'b', host: 'h', version: '1', lastStartAt: 9 },
  ]);
});

test.each([
  ['has asked', [start('a', 5)], [aware('a', 1)], []],
  ['has asked, and shares its id with others', [start('a', 5, 'i')], [aware('a', 1, 'i')], []],
  ['was replaced by one that asks', [start('a', 5)], [aware('a', 6, 'i')], []],
  ['works beside one of its id that asks', [start('a', 5)], [aware('a', 4, 'i')], ['a']],
])('of a worker that %s', (_, starts, known, names) => {
  expect(findUnaware(starts, known).map(({ workerId }) => workerId)).toEqual(names);
});
