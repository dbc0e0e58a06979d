import { expect, test } from 'vitest';
import { LeveretError } from './errors.ts';
import { failureOf, MAX_FAILURE_BYTES, MAX_FAILURE_MESSAGE, reasonOf, toFailure } from './failure.ts';

const encoder = new TextEncoder();

/** What an HTTP client of Node throws at a closed port. */
function fetchFailed(): Error {
  const refused = ['::1', '127.0.0.1'].map((host) =>
    Object.assign(new Error(`connect ECONNREFUSED ${host}:1`), { code: 'ECONNREFUSED' }),
  );
  const all = Object.assign(new AggregateError(refused, ''), { code: 'ECONNREFUSED' });
  return new TypeError('fetch failed', { cause: all });
}

test('a failure keeps name, stack and all that led to it, and the first code of theirs', () => {
  const failure = failureOf(fetchFailed());

  expect(failure).toMatchObject({
    code: 'HANDLER_FAILED',
    name: 'TypeError',
    message: 'fetch failed',
    errorCode: 'ECONNREFUSED',
    causes: [
      { name: 'AggregateError', message: '', code: 'ECONNREFUSED' },
      { name: 'Error', message: 'connect ECONNREFUSED ::1:1', code: 'ECONNREFUSED' },
      { name: 'Error', message: 'connect ECONNREFUSED 127.0.0.1:1' },
    ],
  });
  expect(failure.stack).toMatch(/^at fetchFailed .*failure\.test\.ts/);
  expect(reasonOf(failure)).toBe(
    'fetch failed: connect ECONNREFUSED ::1:1: connect ECONNREFUSED 127.0.0.1:1',
  );
});

test('without any code the innermost error names the failure', () => {
  const failure = failureOf(new Error('outer', { cause: new RangeError('inner') }));

  expect([failure.errorCode, failureOf(new SyntaxError('alone')).errorCode]).toEqual([
    'RangeError',
    'SyntaxError',
  ]);
});

test('an error of ours keeps its code, and a caller may say what a failure counts as', () => {
  expect(failureOf(new LeveretError('MAIL_DEFERRED', 'greylisted')).code).toBe('MAIL_DEFERRED');
  expect(failureOf(new Error('e'), 'INTERNAL').code).toBe('INTERNAL');
});

test('where a stack is too long, frames of packages and of Node.js are left out before own ones', () => {
  const error = new Error('deep');
  const foreign = Array.from({ length: 60 }, (_, n) => `    at run (/app/node_modules/lib/index.js:${n}:1)`);
  error.stack = ['Error: deep', ...foreign, '    at handler (/app/src/handler.js:7:3)'].join('\n');

  const frames = failureOf(error).stack?.split('\n') ?? [];

  expect(frames.at(-1)).toBe('at handler (/app/src/handler.js:7:3)');
  expect(frames[0]).toBe('at run (/app/node_modules/lib/index.js:0:1)');
  expect(frames.length).toBeLessThan(60);
});

test('the frames of an error are kept, however long its message is', () => {
  expect(failureOf(new Error('x'.repeat(100_000))).stack).toMatch(/failure\.test\.ts/);
});

test('a stack of a megabyte is cut, and costs little', () => {
  const error = new Error('deep');
  error.stack = `Error: deep\n${'    at handler (/app/src/handler.js:7:3)\n'.repeat(25_000)}`;
  const since = performance.now();

  const failure = failureOf(error);

  expect(performance.now() - since).toBeLessThan(1_000);
  expect(failure.stack).toContain('at handler (/app/src/handler.js:7:3)');
  expect(encoder.encode(JSON.stringify(failure)).byteLength).toBeLessThanOrEqual(MAX_FAILURE_BYTES);
});

test('the message of a stack is not kept twice', () => {
  expect(failureOf(new Error('once')).stack).not.toContain('once');
});

test('a failure keeps at most so much of its message', () => {
  const { message } = toFailure('HANDLER_FAILED', 'x'.repeat(5_000));

  expect(message).toHaveLength(MAX_FAILURE_MESSAGE);
  expect(message.endsWith('…')).toBe(true);
});

test('NUL and halves of characters are replaced, also where a text is cut', () => {
  const long = `${'x'.repeat(MAX_FAILURE_MESSAGE - 2)}💥💥`;

  expect(failureOf(new Error('a\0b\ud800')).message).toBe('a␀b\uFFFD');
  expect(toFailure('INTERNAL', long).message).toBe(`${'x'.repeat(MAX_FAILURE_MESSAGE - 2)}\uFFFD…`);
});

test.each(['x', '✗', '\u0001'])('a failure stays small, whatever it is made of: %j', (character) => {
  const text = character.repeat(50_000);
  const error = new Error(text, { cause: new Error(text, { cause: new AggregateError([new Error(text)]) }) });
  error.name = text;
  error.stack = `${text}\n    at ${text}\n    at handler (/app/a.js:1:1)`;

  const failure = failureOf(Object.assign(error, { code: text }));

  expect(encoder.encode(JSON.stringify(failure)).byteLength).toBeLessThanOrEqual(MAX_FAILURE_BYTES);
  expect(failure.message).not.toBe('');
});

test('causes that go round in a circle, and very many, come to an end', () => {
  const round = new Error('round');
  round.cause = new Error('back', { cause: round });
  const many = new AggregateError(Array.from({ length: 5_000 }, (_, n) => new Error(`e${n}`)));

  expect(failureOf(round).causes?.map(({ message }) => message)).toEqual(['back']);
  expect(failureOf(many).causes?.length).toBe(8);
});

test('what is thrown and no error is described, and its values are not told', () => {
  const secret = { status: 500, body: 'quota of 4111 1111 1111 1111 exceeded' };

  expect(failureOf(secret).message).toBe('an object with the keys status, body was thrown');
  expect(failureOf('disk full').message).toBe('disk full');
  expect(failureOf('').message).toBe('an empty text was thrown');
  expect(failureOf(undefined).message).toBe('undefined was thrown');
  expect(failureOf([1, 2]).message).toBe('a list of 2 was thrown');
  expect(failureOf(Symbol('s')).message).toBe('Symbol(s) was thrown');
  expect(failureOf(new Map()).message).toBe('an object of the class Map was thrown');
  expect(failureOf({ code: 'QUOTA' }).errorCode).toBe('QUOTA');
  expect(failureOf({ message: 'rebuilt from JSON', name: 'ApiError' })).toMatchObject({
    name: 'ApiError',
    message: 'rebuilt from JSON',
  });
});

test('credentials of URLs are masked in messages, causes and stacks', () => {
  const error = new Error('amqp://me:secret@host is away', { cause: new Error('of smtp://me:secret@mail') });
  error.stack = 'Error\n    at connect (amqp://me:secret@host)';

  expect(JSON.stringify(failureOf(error))).not.toContain('secret');
  expect(reasonOf(failureOf(error))).toBe('amqp://[redacted]@host is away: of smtp://[redacted]@mail');
});

const throws = {
  get() {
    throw new Error('a trap');
  },
};

/** Values that fail whoever looks at them. */
const HOSTILE: Readonly<Record<string, () => unknown>> = {
  'a message that is an object': () =>
    Object.assign(new Error('refused'), { message: { amount: 'must be positive' } }),
  'a message that is a list': () => Object.assign(new Error('refused'), { message: ['a', 'b'] }),
  'a message that is nothing': () => Object.assign(new Error('refused'), { message: undefined }),
  'getters that throw': () =>
    Object.defineProperties(new Error('e'), {
      // First: V8 reads the message when the stack is defined anew.
      stack: throws,
      message: throws,
      code: throws,
      cause: throws,
      name: throws,
      errors: throws,
    }),
  'a proxy that refuses everything': () =>
    new Proxy(
      {},
      new Proxy(
        {},
        {
          get() {
            return () => {
              throw new Error('a trap');
            };
          },
        },
      ),
    ),
  'a proxy that was revoked': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  'an object without a prototype': () => Object.create(null),
  'an object whose keys cannot be had': () =>
    new Proxy({ a: 1 }, { ownKeys: () => [Symbol('x')] as unknown as string[], getPrototypeOf: () => null }),
  'errors that are no list': () => Object.assign(new AggregateError([]), { errors: 7 }),
  'a code that is an object': () => Object.assign(new Error('e'), { code: { toString: throws.get } }),
  'a text of a megabyte': () => 'x'.repeat(1_048_576),
  'a huge number': () => 10n ** 5_000n,
};

test.each(Object.keys(HOSTILE))('whatever is thrown makes a failure: %s', (name) => {
  const failure = failureOf(HOSTILE[name]?.());

  expect(failure).toMatchObject({ code: 'HANDLER_FAILED', message: expect.any(String) });
  expect(JSON.parse(JSON.stringify(failure))).toEqual(failure);
  expect(failure.message).not.toContain('must be positive');
  expect(reasonOf(failure)).not.toBe('');
});
