import type { StandardSchemaV1 } from '@standard-schema/spec';
import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { LeveretError } from '../errors/errors.ts';
import { defineJob } from '../job/job.ts';
import { decodePayload, encodePayload } from '../job/message.ts';
import { checkPayload, validatePayload } from './check-payload.ts';
import { payloadToSend } from './sent-payload.ts';

const any: StandardSchemaV1 = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
};

function jobOf(payload: StandardSchemaV1) {
  return defineJob({ kind: 'k', queue: 'q', payload });
}

/** What travels of `payload`, and what the worker's handler is given. */
async function journey(schema: StandardSchemaV1, payload: unknown) {
  const job = jobOf(schema);
  const body = encodePayload(await payloadToSend(job, payload));
  return {
    sent: JSON.parse(new TextDecoder().decode(body)) as unknown,
    received: (await validatePayload(job, decodePayload(body))) as unknown,
  };
}

async function refusal(schema: StandardSchemaV1, payload: unknown): Promise<string> {
  try {
    await payloadToSend(jobOf(schema), payload);
  } catch (error) {
    expect(error).toMatchObject({ code: 'PAYLOAD_INVALID' });
    return (error as LeveretError).message;
  }
  throw new Error('the payload was not refused');
}

test('keys that the schema strips are not sent, at any depth', async () => {
  const schema = z.object({ id: z.string(), items: z.array(z.object({ name: z.string() })) });
  const payload = { id: 'a', password: 'x', items: [{ name: 'b', price: 1 }, { name: 'c' }] };

  expect(await journey(schema, payload)).toEqual({
    sent: { id: 'a', items: [{ name: 'b' }, { name: 'c' }] },
    received: { id: 'a', items: [{ name: 'b' }, { name: 'c' }] },
  });
});

test('keys that a schema lets through are sent', async () => {
  const payload = { id: 'a', other: 1 };

  expect((await journey(z.looseObject({ id: z.string() }), payload)).sent).toEqual(payload);
  expect((await journey(v.looseObject({ id: v.string() }), payload)).sent).toEqual(payload);
  expect((await journey(any, payload)).sent).toEqual(payload);
});

test('what a transformation needs is sent, though its name is not in the output; what it does not need is not', async () => {
  const person = z.object({ first: z.string(), last: z.string().optional() });
  const schema = person.transform(({ first, last = 'unknown' }) => ({ name: `${first} ${last}` }));

  expect(await journey(schema, { first: 'Ann', last: 'Lee', password: 'x', pin: 1 })).toEqual({
    sent: { first: 'Ann', last: 'Lee' },
    received: { name: 'Ann Lee' },
  });
});

test('a key is stripped also where a default is made anew each time', async () => {
  let count = 0;
  const id = z.string().default(() => `id-${++count}`);
  const schema = z
    .object({ a: z.string().optional(), id })
    .transform((o) => ({ b: o.a ?? 'none', id: o.id }));

  expect((await journey(z.object({ name: z.string(), id }), { name: 'n', password: 'x' })).sent).toEqual({
    name: 'n',
  });
  expect((await journey(schema, { a: 'kept', password: 'x' })).sent).toEqual({ a: 'kept' });
});

test('coercions take what JSON makes of a value, and the worker makes the same of it', async () => {
  const at = new Date(1_700_000_000_000);
  const schema = z.object({ at: z.coerce.date(), n: z.coerce.number() });

  expect(await journey(schema, { at, n: '7' })).toEqual({
    sent: { at: at.toISOString(), n: '7' },
    received: { at, n: 7 },
  });
});

test('defaults are not sent: the schema of the worker adds them', async () => {
  const schema = z.object({ width: z.number().default(320), name: z.string().optional() });

  expect(await journey(schema, { name: undefined })).toEqual({ sent: {}, received: { width: 320 } });
});

test('transformations are made anew from the input', async () => {
  expect(await journey(z.string().transform(Number), '12')).toEqual({ sent: '12', received: 12 });
  expect(await journey(z.string().trim(), ' a ')).toEqual({ sent: ' a ', received: 'a' });
});

test('schemas that take their time are asked as others are', async () => {
  const schema = z.object({ id: z.string().refine(async () => true) });

  expect((await journey(schema, { id: 'a', password: 'x' })).sent).toEqual({ id: 'a' });
  expect(
    await refusal(
      z.string().refine(async () => false, 'is taken'),
      'a',
    ),
  ).toBe('is taken');
});

test.each<[string, StandardSchemaV1, unknown, string]>([
  ['undefined', any, undefined, 'the payload is undefined'],
  ['NaN', any, { a: Number.NaN }, 'a: is not a finite number'],
  ['a bigint', z.object({ n: z.bigint() }), { n: 1n }, 'n: is a bigint'],
  ['a Map', z.object({ m: z.map(z.string(), z.number()) }), { m: new Map() }, 'm: is a Map'],
  ['a Set', z.set(z.string()), new Set(['a']), 'the payload is a Map or a Set'],
  ['a function', any, { a() {} }, 'is a function'],
  ['a symbol', any, Symbol('s'), 'the payload is a symbol'],
  ['undefined in a list', z.object({ a: z.array(z.any()) }), { a: [1, undefined] }, 'a.1: is undefined'],
  ['an object with methods', any, /a/, 'is an object of a class with methods'],
  [
    'a date that is none',
    z.object({ at: z.coerce.date() }),
    { at: new Date(Number.NaN) },
    'at: is not a finite number',
  ],
  [
    'a getter that throws',
    any,
    {
      get a() {
        throw new Error('secret');
      },
    },
    'cannot be read',
  ],
])('%s is refused by its place', async (_, schema, payload, said) => {
  expect(await refusal(schema, payload)).toContain(said);
});

test('a cycle, and a nesting that no stack bears, are refused', async () => {
  const cycle: Record<string, unknown> = {};
  cycle['a'] = [cycle];
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level += 1) deep = [deep];

  expect(await refusal(any, cycle)).toContain('contains itself');
  expect(await refusal(any, deep)).toContain('is nested deeper than 1000 levels');
});

test('a date in a field that takes nothing else is refused with a way out', async () => {
  const said = await refusal(z.object({ at: z.date() }), { at: new Date(0) });

  expect(said).toMatch(/^at: .*z\.coerce\.date\(\)/);
  expect(await refusal(z.object({ link: z.instanceof(URL) }), { link: new URL('http://a') })).toMatch(
    /^link: .*toJSON/,
  );
});

test('a key of a record is not named where its value cannot be carried', async () => {
  const said = await refusal(z.record(z.string(), z.bigint()), { 'ann@example.com': 1n });

  expect(said).toBe('*: is a bigint: send it as a string');
});

test('a field that is named __proto__ is data like any other', async () => {
  const payload = JSON.parse('{"a":1,"__proto__":{"admin":true},"b":2}') as object;
  const schema = z.object({ a: z.number() });

  expect((await journey(any, payload)).sent).toEqual(payload);
  expect(Object.keys((await journey(schema, payload)).sent as object)).toEqual(['a']);
});

test('a schema that answers at once is heard at once where there is nothing to strip', () => {
  const payload = { id: 'a', items: [{ name: 'b' }] };
  const schema = z.object({ id: z.string(), items: z.array(z.object({ name: z.string() })) });

  expect(payloadToSend(jobOf(schema), payload)).toBe(payload);
});

test('thousands of keys that no schema knows are stripped with few questions', async () => {
  let questions = 0;
  const known = z.object({ first: z.string(), last: z.string() });
  const schema = known.transform(({ first, last }) => {
    questions += 1;
    return `${first} ${last}`.split(' ').reduce((names, name) => ({ ...names, [name]: 1 }), {});
  });
  const surplus = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, n]));

  const sent = await payloadToSend(jobOf(schema), { first: 'Ann', last: 'Lee', ...surplus });

  expect(sent).toEqual({ first: 'Ann', last: 'Lee' });
  expect(questions).toBeLessThanOrEqual(65);
});

test('whatever JSON holds arrives as the check saw it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (payload) => {
      const { received } = await journey(any, payload);

      expect(received).toEqual(checkPayload(jobOf(any), JSON.parse(JSON.stringify(payload))));
    }),
  );
});
