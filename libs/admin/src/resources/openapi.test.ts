import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { ERROR_CODES } from '@leveret/core';
import { ADMIN_VERBS } from '@leveret/http-contract/admin';
import fc from 'fast-check';
import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type * as z from 'zod';
import { ADMIN_PATH, type AdminBench, openAdminBench } from '../../fixtures/admin-bench.ts';
import {
  type ApiOperation,
  type OpenApiDocument,
  openApiDocument,
  operationsOf,
  readSchema,
} from '../../fixtures/openapi.ts';
import { hashPassword } from '../access/credentials/passwords.ts';

let bench: AdminBench;
let document: OpenApiDocument;
beforeAll(async () => {
  bench = await openAdminBench();
  const response = await bench.send('GET', '/openapi.json', { headers: { as: 'viewer' } });
  document = openApiDocument.parse(response.json());
});
afterAll(() => bench[Symbol.asyncDispose]());

test('every route is described with a summary, a rule, and the statuses that it answers', () => {
  const operations = operationsOf(document);
  const rules = [...Object.keys(ADMIN_VERBS), 'signed-in', 'anyone'];

  expect(operations.length).toBeGreaterThan(40);
  for (const { path, operation } of operations) {
    const statuses = Object.keys(operation.responses);
    expect(rules).toContain(operation['x-leveret-rule']);
    expect(statuses.filter((status) => status.startsWith('2'))).toHaveLength(1);
    expect(statuses).toEqual(expect.arrayContaining(['400', '401', '403', '500', '503']));
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const described = (operation.parameters ?? []).filter((one) => one.in === 'path');
    expect(described.map(({ name }) => name).sort()).toEqual(named.sort());
    if (named.includes('id')) expect(statuses).toContain('404');
  }
});

test('every schema is JSON Schema, and refers to what is there', () => {
  const schemas = operationsOf(document).flatMap(({ operation }) => [
    ...(operation.parameters ?? []).map(({ schema }) => schema),
    ...[operation.requestBody, ...Object.values(operation.responses)].flatMap((part) =>
      Object.values(part?.content ?? {}).map(({ schema }) => schema),
    ),
  ]);

  expect(schemas.length).toBeGreaterThan(100);
  for (const schema of schemas) readSchema(document, schema);
});

test('admin-api.md lists every route with its rule', () => {
  const page = readFileSync(new URL('../../../../docs/reference/admin-api.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(GET|POST|PATCH|DELETE)` \| `(\/[^`]*)` \| ([^|]+) \|/gm)];
  const listed = rows.map(
    ([, method, path, rule]) => `${method} ${path} ${(rule ?? '').match(/`([\w:-]+)`/)?.[1]}`,
  );
  const described = operationsOf(document).map(
    ({ method, path, operation }) =>
      `${method} ${path.slice(ADMIN_PATH.length)} ${operation['x-leveret-rule']}`,
  );

  expect(listed).toEqual(expect.arrayContaining(described));
});

test('admin-api.md lists every verb with its role and its meaning', () => {
  const page = readFileSync(new URL('../../../../docs/reference/admin-api.md', import.meta.url), 'utf8');

  for (const [verb, { role, meaning }] of Object.entries(ADMIN_VERBS))
    expect(page).toContain(`| \`${verb}\` | ${role} | ${meaning} |`);
});

/** The seed of the requests below: with another one, they are others. */
const SEED = 20_261_130;
/** Requests of each route. */
const REQUESTS = 20;

test('no request makes the server fail, and no answer breaks the description', async () => {
  const ids = await bench.seed(
    ...(['running', 'succeeded', 'retrying', 'dead'] as const).map((state) => ({ state })),
    ...Array.from({ length: 20 }, (_, index) => ({ queue: `queue-${index % 3}`, delayMs: index % 2 })),
  );
  await bench.store.setAside.keep([
    {
      queue: 'mail',
      reason: 'no job',
      properties: '{}',
      body: new Uint8Array([1]),
      at: 0,
      isReturned: false,
    },
  ]);
  const { groups } = await bench.get<{ groups: { fingerprint: string }[] }>('/failures');
  const operation = await bench.store.createOperation({ action: 'retry', selection: 'by id', by: 'ann' });
  const author = { by: 'ann' };
  const passwordHash = await hashPassword('a password', { N: 1_024, r: 8, p: 1 });
  await bench.accounts.addAccount({ name: 'ada', role: 'viewer', passwordHash }, author);
  await bench.accounts.addApiKey({ id: '0123456789ab', name: 'k', role: 'viewer', hash: 'none' }, author);
  const session = { id: 'a-session', account: 'ada', expiresAt: Date.now() + 3_600_000, address: '::1' };
  await bench.accounts.addSession(session, passwordHash);
  const names: readonly string[] = [
    ...ids.slice(0, 6),
    ...groups.map(({ fingerprint }) => fingerprint),
    ...[operation.id, 'mail', 'queue-1', 'messages', 'events', '1', 'ada', '0123456789ab', 'a-session'],
  ];

  const statuses = new Set<number>();
  for (const one of operationsOf(document))
    await fc.assert(
      fc.asyncProperty(requestOf(one.path, one.operation, names), async ({ path, query, body }) => {
        const response = await bench.app.inject({
          method: one.method as 'GET' | 'POST' | 'PATCH' | 'DELETE',
          url: path,
          query,
          headers: { host: 'localhost' },
          ...(body === undefined ? {} : { payload: body }),
          payloadAsStream: isStream(one.operation),
        });
        statuses.add(response.statusCode);
        if (!isStream(one.operation)) checkAnswer(one.operation, response, response.body);
        else await checkStream(one.operation, response);
      }),
      { seed: SEED, numRuns: REQUESTS, endOnFailure: true },
    );

  expect([...statuses]).toEqual(expect.arrayContaining([200, 202, 400, 404, 422]));
});

/** A stream has no end. */
function isStream({ responses }: ApiOperation): boolean {
  return responses['200']?.content?.['text/event-stream'] !== undefined;
}

/** Of a stream that begins, the head is all: it is closed then. */
async function checkStream(operation: ApiOperation, response: LightMyRequestResponse): Promise<void> {
  const stream = response.stream();
  if (response.statusCode === 200) {
    expect(response.headers['content-type']).toContain('text/event-stream');
    stream.destroy();
    return;
  }
  checkAnswer(operation, response, await text(stream));
}

function checkAnswer(
  { responses }: ApiOperation,
  response: Pick<LightMyRequestResponse, 'statusCode' | 'headers'>,
  body: string,
): void {
  const { statusCode } = response;
  expect(statusCode, body).toBeLessThan(500);
  const described = responses[String(statusCode)];
  expect(described, `${statusCode}: ${body}`).toBeDefined();
  const [type = '', media] = Object.entries(described?.content ?? {})[0] ?? [];
  if (media === undefined) return expect(body).toBe('');
  expect(response.headers['content-type']).toContain(type);
  const isLines = type === 'application/x-ndjson';
  const checked = readSchema(document, media.schema).safeParse(isLines ? body : JSON.parse(body));
  expect(checked.success, `${JSON.stringify(checked.error?.issues)}: ${body}`).toBe(true);
  if (isLines) for (const line of body.split('\n').slice(0, -1)) JSON.parse(line);
  if (statusCode < 400) return;
  const { code } = JSON.parse(body) as { readonly code: keyof typeof ERROR_CODES };
  expect(ERROR_CODES[code].httpStatus).toBe(statusCode);
  expect(described?.description).toContain(code);
}

interface FuzzedRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: object | undefined;
}

/** A request that fits the description more or less. */
function requestOf(
  path: string,
  operation: ApiOperation,
  names: readonly string[],
): fc.Arbitrary<FuzzedRequest> {
  const { parameters = [], requestBody } = operation;
  const name = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...names) },
    fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }).filter((text) => !/^\.{1,2}$/.test(text)),
  );
  const inPath = parameters.filter((one) => one.in === 'path').map((one) => one.name);
  const inQuery = parameters.filter((one) => one.in === 'query');
  const query = Object.fromEntries(
    inQuery.map((one) => [one.name, fc.oneof(filterOf(one.name), arbitraryOf(one.schema)).map(toText)]),
  );
  const media = Object.values(requestBody?.content ?? {})[0];
  return fc.record({
    path: fc
      .tuple(...inPath.map(() => name))
      .map((values) =>
        inPath.reduce(
          (url, key, index) => url.replace(`{${key}}`, encodeURIComponent(values[index] ?? '')),
          path,
        ),
      ),
    query: fc.record(query, { requiredKeys: [] }) as fc.Arbitrary<Record<string, string>>,
    body:
      media === undefined
        ? fc.constant(undefined)
        : fc.option(bodyOf(media.schema, names), { nil: undefined, freq: 5 }),
  });
}

function filterOf(name: string): fc.Arbitrary<unknown> {
  return name === 'filter' || name === 'term'
    ? fc.constantFrom('state:dead', 'kind:mail.*', 'age:<1h queue:mail', 'state:', 'tag:"x', 'id:0', '')
    : fc.string({ unit: 'grapheme', maxLength: 10 });
}

/** With the fields that the schema has, mostly of values that mean something. */
function bodyOf(given: z.core.JSONSchema.BaseSchema, names: readonly string[]): fc.Arbitrary<object> {
  const schema = resolved((given.anyOf?.[0] as typeof given | undefined) ?? given);
  const hints: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    action: fc.constantFrom('cancel', 'run-now', 'retry', 'discard', 'restore'),
    jobIds: fc.array(fc.constantFrom(...names.filter((name) => name.length === 36)), { minLength: 1 }),
    filter: filterOf('filter'),
    reason: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    name: fc.constantFrom('ada', 'bob', 'key:bob'),
    role: fc.constantFrom('viewer', 'operator', 'admin'),
    password: fc.constantFrom('too short', 'long enough for one'),
    seqs: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
  };
  const known = Object.entries(hints).filter(([name]) => Object.hasOwn(schema.properties ?? {}, name));
  const required = known.map(([name]) => name).filter((name) => schema.required?.includes(name));
  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
  return fc.oneof(
    { weight: 2, arbitrary: fc.record(Object.fromEntries(known), { requiredKeys: required }) },
    arbitraryOf(schema).filter(isObject),
  );
}

/** A value that a schema describes, or any other. */
function arbitraryOf(given: z.core.JSONSchema.BaseSchema): fc.Arbitrary<unknown> {
  const schema = resolved(given);
  return fc.oneof(
    { weight: 3, arbitrary: fittingOf(schema) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  );
}

function resolved(schema: z.core.JSONSchema.BaseSchema): z.core.JSONSchema.BaseSchema {
  if (typeof schema.$ref !== 'string') return schema;
  return document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {};
}

function fittingOf(schema: z.core.JSONSchema.BaseSchema): fc.Arbitrary<unknown> {
  const { enum: values, anyOf, type } = schema;
  if (values !== undefined) return fc.constantFrom(...values);
  if (anyOf !== undefined) return fc.oneof(...anyOf.map((one) => arbitraryOf(one as typeof schema)));
  if (type === 'string')
    return schema.format === 'uuid' ? fc.uuid() : fc.string({ unit: 'grapheme', maxLength: 30 });
  if (type === 'integer' || type === 'number')
    return fc.integer({ min: schema.minimum ?? -5, max: Math.min(schema.maximum ?? 1_000, 1_000) });
  if (type === 'array') return fc.array(arbitraryOf((schema.items ?? {}) as typeof schema), { maxLength: 3 });
  if (type !== 'object') return fc.jsonValue({ maxDepth: 2 });
  const fields = Object.entries(schema.properties ?? {}).map(
    ([name, field]) => [name, arbitraryOf(field as typeof schema)] as const,
  );
  return fc.record(Object.fromEntries(fields), { requiredKeys: [...(schema.required ?? [])] });
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
