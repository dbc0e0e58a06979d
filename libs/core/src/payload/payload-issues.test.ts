import { inspect } from 'node:util';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type } from 'arktype';
import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { LeveretError } from '../errors/errors.ts';
import { defineJob } from '../job/job.ts';
import { validatePayload } from './check-payload.ts';

/** All that the error says which refuses `payload`. */
async function complaint(schema: StandardSchemaV1, payload: unknown): Promise<string> {
  const job = defineJob({ kind: 'k', queue: 'q', payload: schema });
  const refusal = await validatePayload(job, payload).catch((error: unknown) => error as LeveretError);
  return inspect(refusal, { depth: null });
}

/** Its message alone. */
async function words(schema: StandardSchemaV1, payload: unknown): Promise<string> {
  const told = await complaint(schema, payload);
  return /^LeveretError: (.*)$/m.exec(told)?.[1] ?? told;
}

/** A schema that refuses everything, with a message and a path that are made of the payload. */
function quoting(issueOf: (payload: Record<string, unknown>) => StandardSchemaV1.Issue): StandardSchemaV1 {
  const validate = (payload: unknown) => ({ issues: [issueOf(payload as Record<string, unknown>)] });
  return { '~standard': { version: 1, vendor: 'quoting', validate } };
}

/** Schemas that refuse `{ password: <text>, pin: <text>, <text>: <text> }`, each in its own words. */
const SCHEMAS: Readonly<Record<string, StandardSchemaV1>> = {
  'valibot types': v.object({ password: v.number(), pin: v.boolean() }),
  'valibot formats': v.object({ password: v.pipe(v.string(), v.uuid()), pin: v.literal(7) }),
  'valibot strict': v.strictObject({ pin: v.string() }),
  'valibot records': v.record(v.string(), v.number()),
  'arktype types': type({ password: 'number', pin: 'boolean' }) as unknown as StandardSchemaV1,
  'arktype formats': type({ password: 'string.uuid', pin: '"a"|"b"' }) as unknown as StandardSchemaV1,
  'arktype records': type({ '[string]': 'number' }) as unknown as StandardSchemaV1,
  'zod types': z.object({ password: z.number(), pin: z.boolean() }),
  'zod formats': z.object({ password: z.uuid(), pin: z.enum(['a', 'b']) }),
  'zod strict': z.strictObject({ pin: z.number() }),
  'zod records': z.record(z.string(), z.number()),
  'zod messages': z
    .string()
    .refine(() => false, { error: ({ input }) => `${String(input)} is bad` })
    .or(z.never()),
  'a quoted value': quoting(({ password }) => ({
    message: `Expected number, got '${password}'`,
    path: ['password'],
  })),
  'the beginning of a value': quoting(({ password }) => ({
    message: `ends oddly: ${String(password).slice(0, 5)}…`,
  })),
  'the end of a value': quoting(({ password }) => ({
    message: `card ${String(password).slice(-4)} is not taken`,
  })),
  'a value in capitals': quoting(({ password }) => ({
    message: `${String(password).toUpperCase()} is not known`,
  })),
  'a value without its signs': quoting(({ password }) => ({
    message: `${String(password).replaceAll(/\W/g, '')}!`,
  })),
  'the whole payload': quoting((payload) => ({ message: JSON.stringify(payload) })),
  'a key of a map': quoting(({ password }) => ({
    message: 'is bad',
    path: [{ key: String(password) }, 'pin'],
  })),
};

test.each(Object.entries(SCHEMAS))('%s tell no value of the payload', async (_, schema) => {
  const secret = fc.stringMatching(/^[qxz]{3,6}[0-9]{2,4}-[QXZ]{4,8}$/);

  await fc.assert(
    fc.asyncProperty(secret, async (text) => {
      const told = (await complaint(schema, { password: text, pin: text, [text]: text })).toLowerCase();

      expect(told).toContain('levereterror: ');
      for (const part of [text, text.slice(0, 5), text.slice(-4), text.replace('-', '')])
        expect(told).not.toContain(part.toLowerCase());
    }),
    { numRuns: 25 },
  );
});

test.each([
  ['zod', z.object({ age: z.number() }), 'age: Invalid input: expected number, received string'],
  ['valibot', v.object({ age: v.number() }), 'age: Invalid type: Expected number'],
  ['arktype', type({ age: 'number' }), 'age: age must be a number (was a string)'],
] as const)('%s still says what is wrong', async (_, schema, said) => {
  expect(await words(schema as unknown as StandardSchemaV1, { age: 'hunter2' })).toBe(said);
});

test.each([
  ['秘密', '收到秘密值'],
  ['7', 'is 7px wide'],
  ['Å1', 'å1!'],
])('the value %j is found in %j', async (value, message) => {
  expect(
    await words(
      quoting(() => ({ message })),
      { password: value },
    ),
  ).toBe('does not fit');
});

test('a reason is kept however much prose the payload holds', async () => {
  const schema = z.object({ to: z.email(), text: z.string() });
  const text = 'An invalid email address was expected here, or some other input of a string.';

  expect(await words(schema, { to: 'nowhere', text })).toBe('to: Invalid email address');
});

test('places in lists and declared fields are named, keys of records are not', async () => {
  const schema = z.object({
    items: z.array(z.object({ name: z.string() })),
    limits: z.record(z.string(), z.number()),
  });
  const payload = { items: [{ name: 'a' }, { name: 1 }], limits: { 'ann@example.com': 'b' } };

  const said = await words(schema, payload);

  expect(said).toContain('items.1.name: Invalid input: expected string');
  expect(said).toContain('limits.*: Invalid input: expected number');
});

test('fields of a schema that its library makes late are named too', async () => {
  const schema = z.object({
    later: z.lazy(() => z.object({ innermost: z.string() })).optional(),
    now: z.string(),
  });

  expect(await words(schema, {})).toContain('now: ');
  expect(await words(schema, { now: 'a', later: { innermost: 1 } })).toContain('later.innermost: ');
});

test('of many faults the first twenty are named', async () => {
  const said = await words(
    z.array(z.string()),
    Array.from({ length: 30 }, () => 1),
  );

  expect(said).toContain('19: Invalid input');
  expect(said).not.toContain('20: Invalid input');
  expect(said).toContain('and 10 more');
});

test('a schema that throws is a fault of its own, and tells no value either', async () => {
  const parses = z.string().transform((text) => JSON.parse(text) as unknown);
  const later: StandardSchemaV1 = {
    '~standard': { version: 1, vendor: 'later', validate: async (value) => JSON.parse(String(value)) },
  };
  const away = z.string().transform(() => {
    throw new Error('connect ECONNREFUSED 127.0.0.1:5432');
  });

  expect(await words(parses, 'hunter2-SECRET')).toBe('the schema of the payload failed: SyntaxError');
  expect(await words(away, 'hunter2-SECRET')).toContain('failed: Error: connect ECONNREFUSED 127.0.0.1:5432');
  expect(await words(later, 'hunter2-SECRET')).toBe('the schema of the payload failed: SyntaxError');
  expect(await complaint(later, 'hunter2-SECRET')).not.toMatch(/hunter|SECRET/);
});

test('a payload that is too large to compare with is not quoted', async () => {
  const schema = quoting(({ text }) => ({ message: `the text ${String(text).slice(-8)} ends oddly` }));

  expect(await words(schema, { text: `${'x '.repeat(1_000_000)}hunter2!` })).toBe('does not fit');
});
