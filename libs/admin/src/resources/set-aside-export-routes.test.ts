import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdminBench, openAdminBench } from '../../fixtures/admin-bench.ts';
import { serveAdmin } from '../../fixtures/serve-admin.ts';

let bench: AdminBench;
beforeAll(async () => {
  bench = await openAdminBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

function unfit(body: string) {
  const bytes = new TextEncoder().encode(body);
  return { queue: 'mail', reason: 'no job', properties: '{}', body: bytes, at: 0, isReturned: false };
}

test('an entry is exported whole, as a file', async () => {
  const body = 'ü'.repeat(40_000);
  await bench.store.setAside.keep([{ ...unfit(body), properties: '{"headers":{"tenant":"a"}}' }]);
  const [{ seq } = expect.unreachable()] = (await bench.reader.setAside.messages(0, 500)).slice(-1);
  await bench.store.unapplied.keep([{ entry: '{"type":"new"}', reason: 'no event' }]);
  const [event = expect.unreachable()] = (await bench.reader.setAside.events(0, 500)).slice(-1);

  const message = await bench.send('GET', `/set-aside/messages/${seq}/export`);
  const ofEvent = await bench.send('GET', `/set-aside/events/${event.seq}/export`);
  const missing = await bench.send('GET', `/set-aside/messages/${seq + 1}/export`);
  const refused = await bench.send('GET', `/set-aside/messages/${seq}/export`, {
    headers: { as: 'viewer' },
  });

  expect(message.headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'content-disposition': `attachment; filename="set-aside-messages-${seq}.json"`,
  });
  expect(message.json()).toEqual({
    ...{ id: `m${seq}`, queue: 'mail', reason: 'no job', at: '1970-01-01T00:00:00.000Z', bodyBytes: 80_000 },
    properties: { headers: { tenant: 'a' } },
    bodyBase64: Buffer.from(body).toString('base64'),
  });
  expect(ofEvent.json()).toEqual({ id: `e${event.seq}`, reason: 'no event', entry: { type: 'new' } });
  expect([missing.statusCode, missing.json().code]).toEqual([404, 'SET_ASIDE_NOT_FOUND']);
  expect(refused.statusCode).toBe(403);
});

test('all of a kind is exported as one file, a line for each entry', async () => {
  await bench.store.setAside.keep(Array.from({ length: 250 }, (_, index) => unfit(`${index}`)));
  const { seq: last } = (await bench.reader.setAside.messages(0, 500)).at(-1) ?? expect.unreachable();

  const { headers, body } = await bench.send('GET', '/set-aside/messages/export');

  const lines = body.trimEnd().split('\n');
  const bodies = lines.slice(-250).map((line) => Buffer.from(JSON.parse(line).bodyBase64, 'base64'));
  expect(headers).toMatchObject({
    'content-type': 'application/x-ndjson',
    'content-disposition': 'attachment; filename="set-aside-messages.ndjson"',
  });
  expect(bodies.map(String)).toEqual(Array.from({ length: 250 }, (_, index) => `${index}`));
  const one = await bench.send('GET', `/set-aside/messages/${last}/export`);
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual(one.json());
});

/** More than all buffers between the server and a client that does not read. */
const LARGE_ENTRIES = 60;

test('entries are read from the ledger when the client has taken those before', async () => {
  const { url, store, reader } = await serveAdmin();
  for (let count = 0; count < LARGE_ENTRIES; count += 1)
    await store.setAside.keep([unfit('x'.repeat(1_000_000))]);
  const readSeqs: number[] = [];
  const { message } = reader.setAside;
  Object.assign(reader.setAside, {
    message(seq: number) {
      readSeqs.push(seq);
      return message(seq);
    },
  });

  const request = get(`${url}/v1/admin/set-aside/messages/export`);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  // The ledger answers in order: without a brake, one entry would be read between two of these.
  for (let count = 0; count < 2 * LARGE_ENTRIES; count += 1) await reader.setAside.counts();
  const readCount = readSeqs.length;
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) sizeBytes += chunk.length;

  expect(readCount).toBeGreaterThan(0);
  expect(readCount).toBeLessThan(LARGE_ENTRIES);
  expect(sizeBytes).toBeGreaterThan(LARGE_ENTRIES * 1_000_000);
  expect(readSeqs).toHaveLength(LARGE_ENTRIES);
});
