import { randomUUID } from 'node:crypto';
import { LIVE_EVENTS } from '@leveret/http-contract/admin';
import { sampleEntry, sampleMessage, started, succeeded } from '@leveret/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EventStream, openEventStream, type ReceivedMessage } from '../../fixtures/event-stream.ts';
import { ann, type ServedAdmin, serveAdmin, serveDrivers } from '../../fixtures/serve-admin.ts';

const closing: (() => Promise<void>)[] = [];
let admin: ServedAdmin;
beforeAll(async () => {
  admin = await serveAdmin({}, (close) => closing.unshift(close));
});
afterAll(async () => {
  for (const close of closing) await close();
});
let queueCount = 0;

/** A queue that no other test uses. */
function ownQueue(): string {
  queueCount += 1;
  return `live-${queueCount}`;
}

function changesIn({ data }: ReceivedMessage) {
  const { changed, gone, counts } = LIVE_EVENTS.jobs.parse(data);
  return { changed: changed.map(({ id, state }) => `${id} ${state}`), gone, counts };
}

/** Follows a list, from the gap with which it begins on. */
async function followList(filter: string): Promise<EventStream> {
  const stream = await openEventStream(
    `${admin.url}/v1/admin/live/jobs?filter=${encodeURIComponent(filter)}`,
  );
  expect(await stream.messages.next()).toEqual({ event: 'gap', id: expect.any(String), data: {} });
  return stream;
}

test('a list follower is sent the jobs of its filter that change, and the ids of those that leave it', async () => {
  const { store } = admin;
  const queue = ownQueue();
  const mail = sampleMessage(queue);
  const video = sampleMessage(ownQueue());
  const stream = await followList(`queue:${queue} state:queued`);
  await store.accept([sampleEntry(video), sampleEntry(mail)]);
  const accepted = await stream.messages.next();
  await store.apply([started(video)]);
  await store.apply([started(mail)]);
  const left = await stream.messages.next();

  expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(stream.response.headers.get('cache-control')).toBe('no-store');
  expect(stream.response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(accepted).toMatchObject({ event: 'jobs', id: expect.stringMatching(/^\d+$/) });
  expect(changesIn(accepted)).toEqual({ changed: [`${mail.id} queued`], gone: [], counts: true });
  expect(changesIn(left)).toEqual({ changed: [], gone: [mail.id], counts: true });
});

test('progress of a job changes no counts', async () => {
  const { store } = admin;
  const queue = ownQueue();
  const message = sampleMessage(queue);
  await store.accept([sampleEntry(message)]);
  const stream = await followList(`queue:${queue}`);
  const { type: _type, ...base } = started(message);
  await store.apply([started(message)]);
  const first = await stream.messages.next();
  await store.apply([{ ...base, type: 'progress', progress: 0.5 }]);
  const second = await stream.messages.next();

  expect([first, second].map((message) => changesIn(message).counts)).toEqual([true, false]);
});

test('a follower that comes back with the number of its last message, to any process, misses nothing', async () => {
  const { store } = admin;
  const other = await serveDrivers(admin);
  const queue = ownQueue();
  const [before, during, unselected] = [
    sampleMessage(queue),
    sampleMessage(queue),
    sampleMessage(ownQueue()),
  ];
  const stream = await followList(`queue:${queue}`);
  await store.accept([sampleEntry(before)]);
  const { id = '' } = await stream.messages.next();
  stream.close();
  await store.accept([sampleEntry(during)]);
  await store.accept([sampleEntry(unselected)]);
  const path = `/v1/admin/live/jobs?filter=queue:${queue}`;
  const byHeader = await openEventStream(`${other.url}${path}`, { 'last-event-id': id });
  const byQuery = await openEventStream(`${other.url}${path}&lastEventId=${id}`);

  for (const { messages } of [byHeader, byQuery])
    expect(changesIn(await messages.next()).changed).toEqual([`${during.id} queued`]);
});

test('a follower that comes back with a number that is not kept, or is none, is sent a gap', async () => {
  const { url, store } = admin;
  await store.accept([sampleEntry(sampleMessage(ownQueue()))]);
  for (const lastEventId of ['1', '9007199254740991', 'of another server']) {
    const stream = await openEventStream(`${url}/v1/admin/live/jobs`, { 'last-event-id': lastEventId });

    expect(await stream.messages.next()).toMatchObject({ event: 'gap', data: {} });
  }
});

test('when more jobs change than can be named, followers are sent one gap', async () => {
  const { store, reader } = admin;
  const stream = await followList('');
  const queue = ownQueue();
  await store.accept(Array.from({ length: 400 }, () => sampleEntry(sampleMessage(queue))));
  const message = await stream.messages.next();

  expect(message).toMatchObject({ event: 'gap' });
  expect(Number(message.id)).toBe((await reader.activity.changes(0, 1)).newest);
});

test('a job follower is sent the job as it is, then whenever it changes, and its stream ends when it is deleted', async () => {
  const { url, store } = admin;
  const message = sampleMessage(ownQueue());
  await store.accept([sampleEntry(message)]);
  const stream = await openEventStream(`${url}/v1/admin/live/jobs/${message.id}`);
  const states = async () => LIVE_EVENTS.job.parse((await stream.messages.next()).data).job.state;

  expect(await states()).toBe('queued');
  await store.apply([started(message)]);
  expect(await states()).toBe('running');
  await store.apply([succeeded(message)]);
  expect(await states()).toBe('succeeded');
  await store.retention.deleteFinished({ rules: [], now: message.createdAt + 1e10, limit: 10 });
  expect(await stream.messages.next()).toMatchObject({ event: 'gap' });
  await stream.ended;
});

test('an overview follower is sent the overview, and again when it has changed', async () => {
  const { url, store } = admin;
  const queue = ownQueue();
  const stream = await openEventStream(`${url}/v1/admin/live/overview`);
  const counts = async () =>
    LIVE_EVENTS.overview
      .parse((await stream.messages.next()).data)
      .ledger?.queues.find((one) => one.queue === queue)?.counts;

  expect(await counts()).toBeUndefined();
  await store.accept([sampleEntry(sampleMessage(queue))]);
  await expect.poll(counts).toEqual({ queued: 1 });
});

test('what cannot be followed is refused with a problem', async () => {
  const { url } = admin;
  const codeAt = async (path: string) =>
    ((await (await fetch(`${url}/v1/admin/live${path}`)).json()) as { readonly code: string }).code;

  expect(await codeAt('/jobs?filter=state:nowhere')).toBe('FILTER_INVALID');
  expect(await codeAt('/jobs?lastEventId=x')).toBe('PAYLOAD_INVALID');
  expect(await codeAt(`/jobs/${randomUUID()}`)).toBe('JOB_NOT_FOUND');
  expect(await codeAt('/jobs/x')).toBe('JOB_NOT_FOUND');
});

test('a server that closes ends its streams', async () => {
  const { app, url } = await serveDrivers(admin);
  const message = sampleMessage(ownQueue());
  await admin.store.accept([sampleEntry(message)]);
  const streams = await Promise.all(
    ['overview', 'jobs', `jobs/${message.id}`].map((path) => openEventStream(`${url}/v1/admin/live/${path}`)),
  );
  for (const { messages } of streams) await messages.next();
  await app.close();

  await Promise.all(streams.map(({ ended }) => ended));
});

test('a principal that may not see jobs is refused', async () => {
  const { url } = await serveDrivers(admin, {
    access: { resolvePrincipal: async () => ({ ...ann, verbs: new Set() }) },
  });

  expect((await fetch(`${url}/v1/admin/live/jobs`)).status).toBe(403);
});
