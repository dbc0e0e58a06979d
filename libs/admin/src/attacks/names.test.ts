import { encodePayload, type JobMessage } from '@leveret/core';
import type { CompletionsView, JobPageView } from '@leveret/http-contract/admin';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdminBench, openAdminBench } from '../../fixtures/admin-bench.ts';
import { type ApiOperation, openApiDocument, operationsOf } from '../../fixtures/openapi.ts';

let bench: AdminBench;
let operations: readonly {
  readonly method: string;
  readonly path: string;
  readonly operation: ApiOperation;
}[];
beforeAll(async () => {
  bench = await openAdminBench();
  operations = operationsOf(openApiDocument.parse((await bench.send('GET', '/openapi.json')).json()));
});
afterAll(() => bench[Symbol.asyncDispose]());

/** Names as they are in an address. */
const IN_PATHS = [
  ...['%2F', 'a%2Fb', '%252F', '..', '%2e%2e', '..%2F..%2Faccounts', '%2e%2e%2f%2e%2e%2fetc%2fpasswd'],
  ...['%20', 'a%20b', '%00', '%0d%0aX-Injected:%20yes', '%E2%80%AE', '%F0%9F%90%87', 'caf%C3%A9', '%ff'],
  ...['__proto__', '*', ':id', 'x'.repeat(10_000), "'%20OR%201=1--", '%3Cscript%3E', '%7B%7B7*7%7D%7D', '.'],
];

/** How a request with such a name is refused. */
const REFUSED = [400, 404, 405, 422];
const isDots = (name: string) => /^(\.|%2e){1,2}$/i.test(name);

test.each(IN_PATHS)('the name %s in an address is a name and nothing else, for every route', async (name) => {
  const before = await bench.store.audit({ limit: 1_000 });

  for (const { method, path, operation } of operations.filter((one) => one.path.includes('{'))) {
    // A name of dots alone makes another address, which may be that of a list, or of a stream that does not end.
    if (isDots(name) && path.includes('/live/')) continue;
    const url = path.replace(/\{\w+\}/g, name);
    const payload = method === 'GET' ? {} : { payload: {} };
    const answer = await bench.app.inject({
      ...{ method: method as 'GET', url, ...payload },
      headers: { host: 'localhost' },
    });
    expect(isDots(name) ? [200, ...REFUSED] : REFUSED, `${method} ${url}: ${answer.body}`).toContain(
      answer.statusCode,
    );
    expect(answer.headers['x-injected']).toBeUndefined();
    if (isDots(name)) continue;
    expect(answer.headers['content-type']).toMatch(/^application\/(problem\+)?json/);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    if (answer.statusCode === 404 && operation.responses['404'] !== undefined)
      expect(answer.json()).toMatchObject({ code: expect.any(String), requestId: expect.any(String) });
  }

  expect(await bench.store.audit({ limit: 1_000 })).toEqual(before);
});

/** Names that a ledger may hold where it does not restrict them. */
const HELD = [
  ...['a/b', '..', 'a b', '%2F', '<img src=x onerror=alert(1)>', '"quoted" \\ back', 'café', '🐇', '\u202ex'],
  ...[
    '__proto__',
    'constructor',
    "'; DROP TABLE job; --",
    '=HYPERLINK("http://evil.example")',
    'state:dead',
    '*',
  ],
];

test.each(HELD)(
  'D-01 jobs are listed and found by the worker, the tag and the error code %s',
  async (name) => {
    const [id = ''] = await bench.seed({
      ...{ state: 'dead', workerId: name, errorCode: name, failure: name, version: name },
      entry: { tags: [name] },
    });
    const quoted = `"${name.replace(/["\\]/g, '\\$&')}"`;

    for (const term of ['worker', 'tag', 'error']) {
      const filter = encodeURIComponent(`${term}:${quoted} id:${id}`);
      const { jobs } = await bench.get<JobPageView>(`/jobs?filter=${filter}`);
      expect(jobs, term).toMatchObject([
        { id, workerId: name, errorCode: name, failureMessage: name, tags: [name] },
      ]);
    }
    const [first = ''] = name;
    const typed = encodeURIComponent(`tag:"${first.replace(/["\\]/g, '\\$&')}`);
    const { completions } = await bench.get<CompletionsView>(`/jobs/completions?term=${typed}`);
    expect(completions.map(({ term }) => term)).toContainEqual(expect.stringContaining(first));
  },
);

test('D-01 whatever the ledger holds, every answer is data and not a page', async () => {
  const text = `<script>alert(1)</script>${'x'.repeat(100_000)}`;
  const [id = ''] = await bench.seed({
    ...{
      state: 'dead',
      failure: text,
      errorCode: '<b>',
      payload: { html: text, formula: '=HYPERLINK("x")' },
    },
  });
  const { fingerprint = '' } = (await bench.get<JobPageView>(`/jobs?filter=id:${id}`)).jobs[0] ?? {};

  for (const path of [`/jobs/${id}`, `/jobs/${id}/payload`, `/failures/${fingerprint}`, '/failures', '/jobs'])
    for (const accept of ['*/*', 'text/html', 'text/csv']) {
      const answer = await bench.send('GET', path, { headers: { accept } });
      expect(answer.statusCode).toBe(200);
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.headers['content-security-policy']).not.toMatch(/unsafe/);
      expect(answer.headers['content-disposition']).toBeUndefined();
    }
});

test('D-06 no route exports anything that a spreadsheet would open', () => {
  const types = operations.flatMap(({ operation }) =>
    Object.values(operation.responses).flatMap(({ content = {} }) => Object.keys(content)),
  );

  const data = types.filter((type) => !type.startsWith('image/'));
  expect(new Set(data)).toEqual(
    new Set(['application/json', 'application/x-ndjson', 'application/problem+json', 'text/event-stream']),
  );
  const pictures = types.filter((type) => type.startsWith('image/'));
  expect(new Set(pictures)).toEqual(new Set(['image/webp', 'image/jpeg', 'image/png', 'image/gif']));
});

test('D-06 secret fields are masked in every answer about a job, for every role, also in its live stream', async () => {
  const secret = 'canary-4111111111111111';
  const [id = ''] = await bench.seed({
    ...{ state: 'succeeded', payload: { card: { number: secret } }, result: { card: { number: secret } } },
    entry: { redact: ['card.number'] },
  });

  for (const role of ['viewer', 'operator', 'admin'])
    for (const path of ['', '/payload', '/result', '/log', '/explanation']) {
      const answer = await bench.send('GET', `/jobs/${id}${path}`, { headers: { as: role } });
      expect(answer.body).not.toContain(secret);
    }
  const payload = await bench.send('GET', `/jobs/${id}/payload`);
  expect(payload.json()).toEqual({ card: { number: '[redacted]' } });
});

test('a payload of three megabytes, which another program sent, is shown whole', async () => {
  const text = 'x'.repeat(3_000_000);
  const [id = ''] = await bench.seed({ body: JSON.stringify({ text }) });

  const answer = await bench.send('GET', `/jobs/${id}/payload`);

  expect(answer.json<{ text: string }>().text).toHaveLength(3_000_000);
  expect((await bench.send('GET', `/jobs/${id}`)).body.length).toBeLessThan(10_000);
});

test('a message of three megabytes that is set aside is shown by its first 64 KiB', async () => {
  const body = encodePayload({ text: '<b>'.repeat(300_000) }) satisfies JobMessage['body'];
  await bench.store.setAside.keep([
    { queue: 'a/b', reason: 'no job', properties: '{"x":"<i>"}', body, at: 0, isReturned: false },
  ]);
  const [{ seq } = expect.unreachable()] = (await bench.reader.setAside.messages(0, 100)).slice(-1);

  const answer = await bench.send('GET', `/set-aside/messages/${seq}`);

  expect(answer.json()).toMatchObject({ entry: { queue: 'a/b' }, encoding: 'text', isWhole: false });
  expect(answer.json<{ body: string }>().body).toHaveLength(65_536);
});
