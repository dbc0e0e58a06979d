import { expect, test } from 'vitest';
import {
  loggedBytes,
  MAX_LOGGED_FIELD_BYTES,
  MAX_LOGGED_TEXT,
  toLoggedFields,
  toLoggedLine,
} from './logged-line.ts';

const line = { number: 1, at: 5, level: 'info' } as const;

test('a line has its message, and its fields as data', () => {
  const fields = { frame: 7, done: true, none: null, missing: undefined, list: [1, 'b'], nested: { a: 1 } };

  expect(toLoggedLine({ ...line, message: 'decoding', fields })).toEqual({
    ...line,
    message: 'decoding',
    fields: { frame: 7, done: true, none: null, list: [1, 'b'], nested: { a: 1 } },
  });
});

test.each([[undefined], [null], [{}], ['text'], [{ missing: undefined }]])(
  'of the fields %j nothing is kept',
  (fields) => {
    expect(toLoggedLine({ ...line, message: 'm', fields })).toEqual({ ...line, message: 'm' });
  },
);

test('errors become their messages, and what is not data is described', () => {
  const cause = new Error('connect ECONNREFUSED');
  const self: Record<string, unknown> = { deep: {} };
  self['self'] = self;

  expect(
    toLoggedFields({
      err: new TypeError('fetch failed', { cause }),
      at: new Date(0),
      never: new Date(Number.NaN),
      big: 12n,
      nan: Number.NaN,
      bytes: Buffer.alloc(1_000_000),
      run: () => 1,
      self,
    }),
  ).toEqual({
    err: 'fetch failed: connect ECONNREFUSED',
    at: '1970-01-01T00:00:00.000Z',
    never: null,
    big: '12',
    nan: 'NaN',
    bytes: '1000000 bytes',
    run: 'a function',
    self: {
      deep: {},
      self: { deep: {}, self: { deep: 'an object', self: 'an object with the keys deep, self' } },
    },
  });
});

test('what cannot be read costs only itself', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const trap = {
    get broken() {
      throw new Error('no');
    },
    proxy,
    json: {
      toJSON() {
        throw new Error('no');
      },
    },
    kept: 1,
  };

  expect(toLoggedFields(trap)).toMatchObject({ kept: 1, json: 'an object with the keys toJSON' });
  expect(toLoggedFields(proxy)).toBeUndefined();
});

test('secrets are not kept: by their name, and in URLs', () => {
  const fields = { password: 'p4ss', nested: { token: 't0k3n' }, url: 'amqp://u:pw@host' };

  const kept = toLoggedLine({ ...line, message: 'to amqp://u:pw@host', fields });

  expect(JSON.stringify(kept)).not.toMatch(/p4ss|t0k3n|pw@/);
});

test('NUL and halves of characters are replaced in message, names and values', () => {
  const kept = toLoggedLine({ ...line, message: 'a\0\ud800', fields: { 'n\0': 'a\0', list: ['\udc00'] } });

  expect(kept).toEqual({
    ...line,
    message: 'a\u2400\ufffd',
    fields: { 'n\u2400': 'a\u2400', list: ['\ufffd'] },
  });
});

test('a line has bounds, whatever is logged', () => {
  const long = '✗'.repeat(1_000_000);
  const fields = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, index) => [`${index}${long.slice(0, 500)}`, long]),
  );

  const kept = toLoggedLine({ ...line, message: long, fields: { ...fields } });
  const nested = toLoggedFields({ first: { fields }, last: 1 });

  expect(kept.message).toHaveLength(MAX_LOGGED_TEXT);
  expect(Buffer.byteLength(JSON.stringify(kept.fields))).toBeLessThanOrEqual(MAX_LOGGED_FIELD_BYTES);
  expect(nested).toMatchObject({ first: expect.stringMatching(/^\{"fields":.*…$/s), last: 1 });
});

test('a line stays as it is when it is read again, and is counted in bytes', () => {
  const fields = { url: 'amqp://u:pw@host', long: 'x'.repeat(5_000), big: { list: Array(400).fill('word') } };
  const kept = toLoggedLine({ ...line, message: 'é'.repeat(2_000), fields });

  expect(toLoggedLine(kept)).toEqual(kept);
  expect(loggedBytes(kept)).toBe(Buffer.byteLength(kept.message + JSON.stringify(kept.fields)));
  expect(loggedBytes({ ...line, message: 'é' })).toBe(2);
});
