import {
  defineJob,
  type Logger,
  type MissingReferences,
  silentLogger,
  type UnrecordedJobs,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { recordMissingReferences } from './missing-references.ts';

const payload = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) => ({ value: value as { readonly key: string } }),
  },
} as const;
const cut = defineJob({ kind: 'video.cut', queue: 'video', payload, blobs: ({ key }) => [key] });
const plain = defineJob({ kind: 'mail.send', queue: 'mail', payload });

/** Records what jobs lack, of which the ledger lists `batches`. */
function setUp(batches: readonly UnrecordedJobs[]) {
  const clock = createManualClock();
  const asked: string[] = [];
  const recorded: MissingReferences[] = [];
  const lines: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (_fields, message) => void lines.push(message) };
  const stopping = new AbortController();
  const left = [...batches];
  const references = {
    async listUnrecorded(kind: string) {
      asked.push(kind);
      return left.shift();
    },
    async recordMissing(_kind: string, given: MissingReferences) {
      recorded.push(given);
    },
  };
  const run = () =>
    recordMissingReferences({
      references,
      definitions: [plain, cut],
      clock,
      logger,
      signal: stopping.signal,
    });
  return { clock, asked, recorded, lines, stopping, run };
}

test('references are told from the payloads of old jobs, batch by batch, for kinds that have any', async () => {
  const { clock, asked, recorded, run } = setUp([
    { jobs: [{ id: '1', payload: { key: 'a' } }], lastId: '1', isLast: false },
    { jobs: [{ id: '2', payload: { key: 'b/' } }], lastId: '3', isLast: true },
  ]);

  const done = run();
  await clock.advance(1_000);

  expect(await done).toBe(true);
  expect(asked).toEqual(['video.cut', 'video.cut']);
  expect(recorded).toEqual([
    { jobs: [{ jobId: '1', keys: ['a'] }], lastId: '1', isLast: false },
    { jobs: [{ jobId: '2', keys: ['b/'] }], lastId: '3', isLast: true },
  ]);
});

test('a kind that was done is not looked at again', async () => {
  const { recorded, run } = setUp([]);

  expect([await run(), recorded]).toEqual([true, []]);
});

test('a payload that tells nothing is left out with a warning', async () => {
  const { recorded, lines, run } = setUp([
    {
      jobs: [
        { id: '1', payload: null },
        { id: '2', payload: { key: 'not a key' } },
        { id: '3', payload: { key: 'a' } },
      ],
      lastId: '3',
      isLast: true,
    },
  ]);

  await run();

  expect(recorded[0]?.jobs.map(({ keys }) => keys)).toEqual([[], [], ['a']]);
  expect(lines).toHaveLength(2);
});

test('it ends when it is stopped, and is not complete then', async () => {
  const { stopping, run } = setUp([]);
  stopping.abort();

  expect(await run()).toBe(false);
});
