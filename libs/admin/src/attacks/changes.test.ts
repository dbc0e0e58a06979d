import { afterAll, beforeAll, expect, test } from 'vitest';
import { PASSWORD } from '../../fixtures/account-bench.ts';
import { ADMIN_PATH, type AdminBench, openAdminBench } from '../../fixtures/admin-bench.ts';
import { type Change, changesOf, requestOf, signInTo } from '../../fixtures/changes.ts';
import { type OpenApiDocument, openApiDocument, operationsOf } from '../../fixtures/openapi.ts';

let bench: AdminBench;
let headers: Awaited<ReturnType<typeof signInTo>>;
let changes: readonly Change[];
let document: OpenApiDocument;
beforeAll(async () => {
  bench = await openAdminBench();
  document = openApiDocument.parse((await bench.send('GET', '/openapi.json')).json());
  headers = await signInTo(bench, 'ada');
  changes = await changesOf(bench, 'ada');
});
afterAll(() => bench[Symbol.asyncDispose]());

/** What the requests of these tests could change. */
async function everything() {
  const { store, accounts, reader } = bench;
  return {
    audit: await store.audit({ limit: 100 }),
    operations: await store.operations(100),
    pauses: await store.pauses(),
    setAside: await reader.setAside.counts(),
    accounts: await accounts.accounts(),
    keys: await accounts.apiKeys(),
    sessions: await accounts.sessions(),
    jobs: await reader.list({ filter: {}, order: 'newest-first', limit: 100 }),
  };
}

/** Requests of routes with a body. */
const withBody = () => changes.filter(({ body }) => body !== undefined);

/** Sends a body as it is written. */
function sendText(change: Change, payload: string, type = 'application/json') {
  return bench.app.inject({
    ...requestOf(change, headers),
    headers: { ...headers, 'content-type': type },
    payload,
  });
}

test('there is a change for every route that changes something', () => {
  const described = operationsOf(document)
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path.slice(ADMIN_PATH.length)}`);

  expect(changes.map(({ route }) => route).sort()).toEqual(described.sort());
});

const FOREIGN_FIELDS: Readonly<Record<string, unknown>> = {
  id: '0198c0de-1111-7222-8333-0123456789ab',
  tenantId: 'b',
  attempt: 1,
  state: 'succeeded',
  queue: 'other',
  priority: 2_147_483_647,
  createdAt: 0,
  headers: { authorization: 'x' },
  delayMs: -1,
  by: 'somebody else',
  passwordHash: 'x',
  verbs: ['accounts:manage'],
};

test('A-03 a field that is not of the request is refused by its name, and nothing is changed', async () => {
  const before = await everything();

  for (const change of withBody())
    for (const [field, value] of Object.entries(FOREIGN_FIELDS)) {
      const answer = await bench.app.inject(
        requestOf({ ...change, body: { ...change.body, [field]: value } }, headers),
      );
      expect(answer.json(), `${change.route} ${field}`).toMatchObject({
        ...{ status: 422, code: 'PAYLOAD_INVALID' },
        detail: expect.stringContaining(field),
      });
    }

  expect(await everything()).toEqual(before);
});

const PROTOTYPES = [
  '{"__proto__":{"polluted":true}}',
  '{"\\u005f\\u005fproto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"reason":{"__proto__":{"polluted":true}}}',
  '{"jobIds":[{"constructor":{"prototype":{"polluted":true}}}]}',
];

test('A-04 a body that reaches for a prototype is refused, and nothing is changed', async () => {
  const before = await everything();

  for (const change of withBody()) {
    for (const text of PROTOTYPES)
      expect((await sendText(change, text)).json(), `${change.route} ${text}`).toMatchObject({
        ...{ status: 400, code: 'REQUEST_INVALID' },
      });
    const form = '--x\r\nContent-Disposition: form-data; name="__proto__"\r\n\r\n1\r\n--x--';
    expect((await sendText(change, form, 'multipart/form-data; boundary=x')).statusCode).toBe(415);
  }

  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  expect(await everything()).toEqual(before);
});

test('A-04 a query and a path that name a prototype are refused or not found, and change no object', async () => {
  const query =
    '__proto__[polluted]=1&__proto__=1&constructor[prototype][polluted]=1&constructor.prototype.polluted=1';

  for (const { method, path } of operationsOf(document))
    for (const name of ['__proto__', 'constructor', 'toString', 'prototype']) {
      const url = `${path.replace(/\{\w+\}/, name)}?${query}`;
      if (method !== 'GET' || path.includes('/live/')) continue;
      const { statusCode, body } = await bench.app.inject({ url, headers: { host: 'localhost' } });
      expect([200, 400, 404, 422], `${url}: ${body}`).toContain(statusCode);
      if (path.includes('{')) expect(statusCode, url).not.toBe(200);
    }

  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

const STRANGE: Readonly<Record<string, string | Buffer>> = {
  nothing: '',
  'half of it': '{"reason":',
  '200,000 nested lists': '['.repeat(200_000) + ']'.repeat(200_000),
  'a hundred thousand keys': `{${Array.from({ length: 100_000 }, (_, key) => `"k${key}":1`).join(',')}}`,
  'a number of a megabyte': `{"reason":${'9'.repeat(1_000_000)}}`,
  'a number beyond all numbers': '{"reason":1e400}',
  'bytes that are not UTF-8': Buffer.from('{"reason":"\xff\xfe"}', 'latin1'),
  'three megabytes': JSON.stringify({ reason: 'x'.repeat(3_000_000) }),
  'a text of a megabyte': JSON.stringify({ reason: 'x'.repeat(1_000_000) }),
  'a list': '[]',
  'a text': '"reason"',
  'half of a character': '{"reason":"\\ud800"}',
  NUL: '{"reason":"\\u0000"}',
};
/** Most CPU time that a strange body may cost, in milliseconds. */
const MOST_CPU_MS = 50;

test.each(Object.entries(STRANGE))('A-05 %s is refused quickly by every route', async (_name, payload) => {
  const before = await everything();
  const cpuMs: number[] = [];

  for (const change of withBody()) {
    const startedAt = process.cpuUsage();
    const answer = await sendText(change, payload as string);
    const { user, system } = process.cpuUsage(startedAt);
    cpuMs.push((user + system) / 1_000);
    expect([400, 413, 422], `${change.route}: ${answer.body}`).toContain(answer.statusCode);
    expect(answer.body.length).toBeLessThan(3_000);
  }

  // Other work of this process counts, too: one undisturbed request shows what a body costs.
  expect(Math.min(...cpuMs)).toBeLessThan(MOST_CPU_MS);
  expect(await everything()).toEqual(before);
});

test.each([
  ['a byte-order mark', 'why\ufeff.'],
  ['a change of direction', '\u202ewhy'],
  ['line breaks and escapes', 'a\r\nb\u001b[2J\u009b'],
  ['markup', '<script>alert(1)</script>{{7*7}}'],
  ['a formula', '=HYPERLINK("http://evil.example","x")'],
  ['characters of many bytes', '🐇'.repeat(400)],
])('A-05 a reason with %s is stored and shown unchanged', async (_name, reason) => {
  const { seq } = (await bench.store.audit({ limit: 1 }))[0] ?? { seq: 0 };

  const paused = await bench.send('POST', '/queues/mail/pause', { payload: { reason } });
  const resumed = await bench.send('POST', '/queues/mail/resume', { payload: { reason } });
  const audit = (await bench.send('GET', '/audit?limit=2')).json<{
    entries: { seq: number; reason?: string }[];
  }>();

  expect([paused.statusCode, resumed.statusCode]).toEqual([200, 200]);
  expect(audit.entries.every((entry) => entry.seq > seq)).toBe(true);
  expect(audit.entries.map((entry) => entry.reason)).toEqual([reason, reason]);
});

test('A-05 of a key that is written twice, the last one counts for all', async () => {
  const [change = expect.unreachable()] = changes.filter(({ route }) => route === 'POST /keys');

  const answer = await sendText(change, '{"name":"twice","role":"admin","role":"viewer"}');

  expect(answer.json()).toMatchObject({ key: { name: 'twice', role: 'viewer' } });
  expect((await bench.accounts.apiKeys()).find(({ name }) => name === 'twice')?.role).toBe('viewer');
});

test('D-06 every change is in the audit with who did it and what', async () => {
  for (const change of changes) {
    const { seq } = (await bench.store.audit({ limit: 1 }))[0] ?? { seq: 0 };
    const answer = await bench.app.inject(requestOf(change, headers));
    const entries = (await bench.store.audit({ limit: 100 })).filter((entry) => entry.seq > seq);

    expect(answer.statusCode, `${change.route}: ${answer.body}`).toBeLessThan(300);
    expect(entries.map(({ action }) => action)).toEqual(
      change.action === undefined ? [] : expect.arrayContaining([change.action]),
    );
    expect(entries.every(({ by }) => by === 'ada')).toBe(true);
  }

  expect(JSON.stringify(await bench.store.audit({ limit: 1_000 }))).not.toContain(PASSWORD);
});
