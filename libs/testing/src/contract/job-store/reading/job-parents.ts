import {
  ACCEPTED_HOLD_MS,
  type DeadLetter,
  type JobMessage,
  type JobReader,
  type JobStore,
  withParent,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshId } from '../../broker/broker-under-test.ts';
import { sampleEntry, sampleMessage, started, succeeded } from '../../sample-job.ts';
import type { JobStoreUnderTest } from '../job-store-under-test.ts';

/** Holds a driver to what the ports promise about the parents of jobs, in a ledger of its own. */
export function describeJobParents(start: () => Promise<JobStoreUnderTest>): void {
  const clock = createManualClock();
  let harness: JobStoreUnderTest;
  let store: JobStore;
  let reader: JobReader;
  beforeAll(async () => {
    harness = await start();
    store = await harness.open(clock);
    reader = await harness.openReader();
  });
  afterAll(async () => {
    await reader.close();
    await store.close();
    await harness.dispose();
  });

  /** The ids of the children of a job, the one that was updated last first. */
  async function childrenOf(parentId: string): Promise<readonly string[]> {
    const { jobs } = await reader.list({ filter: { parentId }, order: 'newest-first', limit: 50 });
    return jobs.map(({ id }) => id);
  }

  test('the parent that the message of an accepted job names is that of the job, and none of its headers', async () => {
    const parentId = freshId();
    const [child, bare] = [childOf(parentId, { headers: { traceparent: 't' } }), childOf(parentId)];
    await store.accept([sampleEntry(child), { ...sampleEntry(bare), isIdGiven: true }]);

    expect(await store.get(child.id)).toMatchObject({ parentId, headers: { traceparent: 't' } });
    expect(await store.get(bare.id)).toMatchObject({ parentId });
    expect(await store.get(bare.id)).not.toHaveProperty('headers');
  });

  test('a parent that is no id of a job is none', async () => {
    const child = childOf('the first');
    await store.accept([sampleEntry(child)]);

    const record = await store.get(child.id);

    expect(record).toMatchObject({ state: 'queued' });
    expect(record).not.toHaveProperty('parentId');
  });

  test('a job keeps its parent through attempts, its end without a body, and a generation that events tell of', async () => {
    const parentId = freshId();
    const [moved, unkept, renewed] = [childOf(parentId), childOf(parentId), childOf(parentId)];
    await store.accept([
      sampleEntry(moved),
      { ...sampleEntry(unkept), history: 'none' },
      sampleEntry(renewed),
    ]);

    await store.apply([started(moved), succeeded(moved), succeeded(unkept)]);
    await store.apply([{ ...started({ ...renewed, attempt: 2 }), generation: 1 }]);

    expect(await store.get(moved.id)).toMatchObject({ state: 'succeeded', parentId });
    expect(await store.get(unkept.id)).toMatchObject({ state: 'succeeded', parentId });
    expect(await store.get(renewed.id)).toMatchObject({ state: 'running', generation: 1, parentId });
  });

  test('the acceptance of a job brings its parent: as an event, after other events, and after a dead letter without one', async () => {
    const parentId = freshId();
    const [alone, late, entered, dead] = [1, 2, 3, 4].map(() => sampleMessage('parents')) as [
      JobMessage,
      JobMessage,
      JobMessage,
      JobMessage,
    ];
    const acceptanceOf = (message: JobMessage) => {
      const { workerId: _worker, ...base } = started(message);
      return { ...base, type: 'accepted', payload: 'work', delayMs: 0, parentId } as const;
    };
    await store.apply([succeeded(late), succeeded(entered)]);
    await store.keepDeadLetters([letterOf(dead)], 1_700_000_900_000);

    await store.apply([acceptanceOf(alone), acceptanceOf(late), acceptanceOf(dead)]);
    await store.accept([
      { ...sampleEntry({ ...entered, headers: withParent({}, parentId) }), isIdGiven: true },
    ]);

    for (const { id } of [alone, late, entered, dead])
      expect(await store.get(id)).toMatchObject({ id, parentId });
    expect([...(await childrenOf(parentId))].sort()).toEqual(
      [alone, late, entered, dead].map(({ id }) => id).sort(),
    );
  });

  test('a dead letter brings the parent of a job that the ledger does not know, or knows from events alone', async () => {
    const parentId = freshId();
    const [unknown, known] = [childOf(parentId, { headers: { traceparent: 't' } }), childOf(parentId)];
    await store.apply([started(known)]);

    await store.keepDeadLetters([letterOf(unknown), letterOf(known)], 1_700_000_900_000);

    expect(await store.get(unknown.id)).toMatchObject({ parentId, headers: { traceparent: 't' } });
    expect(await store.get(known.id)).toMatchObject({ state: 'dead', parentId });
    expect(await childrenOf(parentId)).toHaveLength(2);
  });

  test('the message of a job that is sent by the ledger, or runs again, names its parent', async () => {
    const parentId = freshId();
    const [undispatched, ended] = [
      childOf(parentId, { headers: { traceparent: 't' } }),
      childOf(parentId, { headers: { traceparent: 't' } }),
    ];
    await store.accept([sampleEntry(undispatched), sampleEntry(ended)]);
    await store.apply([succeeded(ended)]);
    await clock.advance(ACCEPTED_HOLD_MS);

    const claimed = await store.claimUndispatched({ limit: 100, maxBytes: 1_000_000, leaseMs: 1 });
    const [answer] = await store.control([{ action: 'retry', jobId: ended.id, by: 'ann' }]);

    const headers = withParent({ traceparent: 't' }, parentId);
    const sent = claimed.find(({ message }) => message.id === undispatched.id);
    expect(sent?.message.headers).toEqual(headers);
    expect(answer).toMatchObject({ kind: 'done', outgoing: { message: { headers } } });
    expect(await store.get(ended.id)).toMatchObject({ state: 'queued', parentId });
  });

  test('the children of a job are listed, counted by state, and shown with their parent', async () => {
    const [parentId, other] = [freshId(), freshId()];
    const children = [childOf(parentId), childOf(parentId), childOf(parentId)];
    await store.accept([...children, childOf(other)].map((message) => sampleEntry(message)));
    await store.apply([succeeded(children[1] ?? expect.unreachable())]);

    const { jobs } = await reader.list({ filter: { parentId }, order: 'newest-first', limit: 2 });

    expect(jobs.map((job) => [job.id, job.parentId])).toContainEqual([children[1]?.id, parentId]);
    expect(await childrenOf(parentId)).toHaveLength(3);
    expect(await reader.count({ parentId })).toEqual({
      count: 3,
      isExact: true,
      byState: { queued: 2, succeeded: 1 },
    });
    expect(await reader.count({ parentId, states: ['succeeded'] })).toMatchObject({ count: 1 });
    expect(await reader.count({ parentId: freshId() })).toEqual({ count: 0, isExact: true, byState: {} });
  });
}

function childOf(parentId: string, { headers = {} }: Partial<Pick<JobMessage, 'headers'>> = {}): JobMessage {
  return { ...sampleMessage('parents'), headers: withParent(headers, parentId) };
}

function letterOf(message: JobMessage): DeadLetter {
  return { message, failure: { code: 'HANDLER_FAILED', message: 'm' }, isReturned: false, properties: '{}' };
}
