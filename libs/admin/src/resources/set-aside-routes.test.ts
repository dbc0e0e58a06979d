import type { SetAsideDetailsView, SetAsidePageView } from '@leveret/http-contract/admin';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdminBench, openAdminBench } from '../../fixtures/admin-bench.ts';

let bench: AdminBench;
beforeAll(async () => {
  bench = await openAdminBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

function unfit(body: string | Uint8Array) {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return {
    queue: 'mail',
    reason: 'no job',
    properties: '{"headers":{}}',
    body: bytes,
    at: 0,
    isReturned: false,
  };
}

test('messages are listed and shown as they came: as text, as Base64, and the first 64 KiB', async () => {
  await bench.store.setAside.keep([
    unfit('{"n":12345678901234567890}'),
    unfit(new Uint8Array([0xff, 0xfe])),
    unfit('ü'.repeat(40_000)),
  ]);

  const { entries, counts } = await bench.get<SetAsidePageView>('/set-aside/messages');
  const shown = [];
  for (const { seq } of entries)
    shown.push(await bench.get<SetAsideDetailsView>(`/set-aside/messages/${seq}`));

  expect(counts).toEqual({ messages: 3, events: 0 });
  expect(entries[0]).toEqual({
    ...{ seq: expect.any(Number), queue: 'mail', reason: 'no job' },
    ...{ at: '1970-01-01T00:00:00.000Z', sizeBytes: 26 },
  });
  expect(shown).toMatchObject([
    { body: '{"n":12345678901234567890}', encoding: 'text', isWhole: true, properties: '{"headers":{}}' },
    { body: '//4=', encoding: 'base64', isWhole: true },
    { body: 'ü'.repeat(32_768), encoding: 'text', isWhole: false, entry: { sizeBytes: 80_000 } },
  ]);
  const next = await bench.get<SetAsidePageView>(`/set-aside/messages?after=${entries[1]?.seq}&limit=1`);
  expect(next.entries).toEqual(entries.slice(2));
});

test('events are listed, shown and discarded, which is in the audit', async () => {
  await bench.store.unapplied.keep([{ entry: '{"type":"new"}', reason: 'no event' }]);
  const { entries } = await bench.get<SetAsidePageView>('/set-aside/events');
  const seqs = entries.map(({ seq }) => seq);

  const details = await bench.get<SetAsideDetailsView>(`/set-aside/events/${seqs[0]}`);
  const discarded = await bench.send('POST', '/set-aside/events/discard', {
    payload: { seqs, reason: 'of a test' },
  });

  expect(details).toMatchObject({ body: '{"type":"new"}', encoding: 'text', entry: { reason: 'no event' } });
  expect(details.entry).not.toHaveProperty('at');
  expect([discarded.statusCode, discarded.body]).toEqual([204, '']);
  expect((await bench.get<SetAsidePageView>('/set-aside/events')).entries).toEqual([]);
  expect(await bench.store.audit({ limit: 1 })).toMatchObject([
    { action: 'discard-events', by: 'an admin', reason: 'of a test' },
  ]);
  expect((await bench.send('GET', `/set-aside/events/${seqs[0]}`)).json()).toMatchObject({
    code: 'SET_ASIDE_NOT_FOUND',
  });
});

test('another kind, a wrong number and a role that may not are refused', async () => {
  const statusOf = async (path: string, as = 'admin') =>
    (await bench.send('GET', path, { headers: { as } })).statusCode;

  expect(await statusOf('/set-aside/mails')).toBe(400);
  expect(await statusOf('/set-aside/messages/x')).toBe(400);
  expect(await statusOf('/set-aside/messages', 'viewer')).toBe(200);
  expect(await statusOf('/set-aside/messages/1', 'viewer')).toBe(403);
});
