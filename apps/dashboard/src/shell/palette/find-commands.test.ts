import { expect, test } from 'vitest';
import type { Queue } from '../../api/queues.ts';
import { type CommandSources, findCommands } from './find-commands.ts';

const PAUSED = { queue: 'mail', pause: { by: 'ann', reason: undefined, at: new Date(0) } } as Queue;
const OPEN = { queue: 'eu/Mail', pause: undefined } as Queue;
const SOURCES: CommandSources = {
  pages: [
    { to: '/', label: 'Overview' },
    { to: '/jobs', label: 'Jobs' },
  ],
  queues: [PAUSED, OPEN],
  mayControl: true,
};
const ID = '0198c0de-77a1-7000-8000-00000000c3f2';

const labelsFor = (text: string, more: Partial<CommandSources> = {}) =>
  findCommands(text, { ...SOURCES, ...more }).map(({ label }) => label);

test('without words, all commands are there: pages, queues, and what is done to queues', () => {
  expect(labelsFor('')).toEqual([
    ...['Overview', 'Jobs', 'Queue mail', 'Queue eu/Mail'],
    ...['Resume queue mail…', 'Pause queue eu/Mail…'],
  ]);
});

test('commands fit when every word is in them, in any order and case', () => {
  expect(labelsFor(' MAIL  queue')).toHaveLength(4);
  expect(labelsFor('mail resume')).toEqual(['Resume queue mail…']);
  expect(labelsFor('nothing')).toEqual([]);
});

test('who may not control queues is not offered it', () => {
  expect(labelsFor('queue mail', { mayControl: false })).toEqual(['Queue mail', 'Queue eu/Mail']);
});

test('a whole id opens its job, the beginning of one lists jobs, and other words do neither', () => {
  expect(findCommands(` ${ID.toUpperCase()} `, SOURCES)).toEqual([
    { label: `Open job ${ID}`, action: { kind: 'job', id: ID } },
  ]);
  expect(findCommands('0198c0de-77', SOURCES)).toMatchObject([
    { action: { kind: 'jobs', filter: 'id:0198c0de-77' } },
  ]);
  for (const text of ['0198', 'facade!', 'deadbeefs']) expect(labelsFor(text)).toEqual([]);
});

test('of many queues, the first commands are shown', () => {
  const queues = Array.from({ length: 100 }, (_, index) => ({ ...OPEN, queue: `q${index}` }));

  expect(labelsFor('queue', { queues })).toHaveLength(50);
});
