import type { StandardSchemaV1 } from '@standard-schema/spec';
import { expect, expectTypeOf, test } from 'vitest';
import { LeveretError } from '../errors/errors.ts';
import { checkPayload, validatePayload } from '../payload/check-payload.ts';
import { defineJob, type JobHandler, type PayloadInput, type PayloadOutput } from './job.ts';

interface Greeting {
  readonly name: string;
  readonly times: number;
}

/** A hand-written Standard Schema: what a library has to offer, and no more. */
const greeting: StandardSchemaV1<{ readonly name: string; readonly times?: number }, Greeting> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate(value) {
      const { name, times = 1 } = value as Partial<Greeting>;
      if (typeof name !== 'string') return { issues: [{ message: 'is not a string', path: ['name'] }] };
      return { value: { name, times } };
    },
  },
};

const greet = defineJob({ kind: 'greet', queue: 'greetings', payload: greeting });

test('payload types flow from the schema to enqueue and to the handler', () => {
  expectTypeOf<PayloadInput<typeof greet>>().toEqualTypeOf<{
    readonly name: string;
    readonly times?: number;
  }>();
  expectTypeOf<PayloadOutput<typeof greet>>().toEqualTypeOf<Greeting>();
  const handler: JobHandler<typeof greet> = async ({ payload }) => {
    expectTypeOf(payload).toEqualTypeOf<Greeting>();
    return `hello ${payload.name}`;
  };
  expectTypeOf(handler).toBeFunction();
});

test('the handler receives what the schema made of the payload', async () => {
  expect(await validatePayload(greet, { name: 'Ann' })).toEqual({ name: 'Ann', times: 1 });
});

test('a payload that does not fit is refused by the name of the field, without its value', async () => {
  const refusal = validatePayload(greet, { name: 7 });

  await expect(refusal).rejects.toThrow(LeveretError);
  await expect(refusal).rejects.toMatchObject({ code: 'PAYLOAD_INVALID', message: 'name: is not a string' });
});

test('a schema that answers at once is heard at once, and one that answers later is waited for', async () => {
  const later = defineJob({
    kind: 'later',
    queue: 'q',
    payload: {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: async () => ({ issues: [{ message: 'is bad' }] }),
      },
    },
  });

  expect(checkPayload(greet, { name: 'Ann' })).toEqual({ name: 'Ann', times: 1 });
  expect(() => checkPayload(greet, {})).toThrow(LeveretError);
  await expect(checkPayload(later, 1)).rejects.toThrow('is bad');
});

test.each(['', 'Mail.Send', 'mail send', '.mail', 'mail.', 'a'.repeat(101)])(
  '"%s" cannot name a kind',
  (kind) => {
    expect(() => defineJob({ kind, queue: 'q', payload: greeting })).toThrow(RangeError);
  },
);

test.each(['', 'Mail', 'mail.send', '-mail', 'a'.repeat(101)])('"%s" cannot name a queue', (queue) => {
  expect(() => defineJob({ kind: 'k', queue, payload: greeting })).toThrow(RangeError);
});

test('jobs of a definition are normal where it says nothing else, and a priority that is none is refused', () => {
  const options = { kind: 'greet', queue: 'greetings', payload: greeting };

  expect(defineJob(options).priority).toBe('normal');
  expect(defineJob({ ...options, priority: 'high' }).priority).toBe('high');
  expect(() => defineJob({ ...options, priority: 'urgent' as 'high' })).toThrow(RangeError);
});

test.each([0, 1.5, 1_500_001])('a timeout of %s ms is refused', (timeoutMs) => {
  expect(() => defineJob({ kind: 'k', queue: 'q', payload: greeting, timeoutMs })).toThrow(RangeError);
});

test('a definition keeps the bodies of all jobs and redacts nothing, unless it says so', () => {
  const definition = { kind: 'k', queue: 'q', payload: greeting };

  expect(defineJob(definition)).toMatchObject({ history: 'all', redact: [] });
  expect(defineJob({ ...definition, history: 'none', redact: ['card.number', 'card.number'] })).toMatchObject(
    {
      history: 'none',
      redact: ['card.number'],
    },
  );
});

test.each([
  [{ history: 'some' as 'all' }, 'history must be one of all, failed, none, got "some"'],
  [{ redact: ['card..number'] }, 'a redacted path has 1 to 200 characters'],
])('a definition with %j is refused', (options, reason) => {
  expect(() => defineJob({ kind: 'k', queue: 'q', payload: greeting, ...options })).toThrow(
    expect.objectContaining({ name: 'RangeError', message: expect.stringContaining(reason) }),
  );
});
