import { expect, test, vi } from 'vitest';
import { failureOf } from '../errors/failure.ts';
import type { LogFields } from './logger.ts';
import { formatLine, stderrLogger } from './stderr-logger.ts';

function format(fields: LogFields, message = 'attempt failed'): readonly string[] {
  return formatLine({ level: 'WARN ', at: 0, fields, message }).split('\n');
}

test('a line has time, level, message and fields; texts of more than a word are quoted', () => {
  expect(format({ jobId: 'j-1', attempt: 2, reason: 'disk full', none: undefined, at: { n: 1 } })).toEqual([
    '1970-01-01T00:00:00.000Z WARN  attempt failed jobId=j-1 attempt=2 reason="disk full" at={"n":1}',
  ]);
});

test('stack and causes of a failure stand below its line, indented', () => {
  const failure = failureOf(
    new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED ::1:1') }),
  );

  const [line, ...below] = format({ jobId: 'j', failure });

  expect(line).toMatch(/attempt failed jobId=j$/);
  expect(below[0]).toBe('    TypeError: fetch failed');
  expect(below[1]).toMatch(/^ {8}at .*stderr-logger\.test\.ts/);
  expect(below).toContain('    caused by Error: connect ECONNREFUSED ::1:1');
});

test('an error among the fields is told by its reason, and in full below', () => {
  const [line, first] = format({ err: new Error('e', { cause: new Error('inner') }) });

  expect(line).toMatch(/ err="e: inner"$/);
  expect(first).toBe('    Error: e');
});

test('secrets are not written: by their name, and in URLs', () => {
  const text = format({ payload: { to: 'ann' }, nested: { token: 't0k3n' }, url: 'amqp://u:pw@host' }).join();

  expect(text).not.toMatch(/ann|t0k3n|pw@/);
  expect(text).toContain('amqp://[redacted]@host');
});

test('a line stays one line, and bounded, whatever is in it', () => {
  const fields = {
    text: `a\nb\u001b[2J\u009b31m${'x'.repeat(50_000)}`,
    data: { text: 'a\u007f\u009b31m' },
    '\n': 1,
    failure: failureOf(new Error('a\r\nb')),
  };

  const lines = format(fields, 'first\nsecond');

  expect(lines[0]?.length).toBeLessThan(3_000);
  expect(lines.slice(1).every((line) => line.startsWith('    '))).toBe(true);
  expect(lines.join('')).not.toMatch(/\p{Cc}/u);
});

const trap = () => {
  throw new Error('a trap');
};

test.each<[string, LogFields]>([
  ['a getter that throws', Object.defineProperty({ a: 1 }, 'bad', { get: trap, enumerable: true })],
  ['a proxy', new Proxy({}, { ownKeys: trap, get: trap })],
  ['toJSON that throws', { bad: { toJSON: trap } }],
  ['a cycle', (() => Object.assign({}, { self: [] as unknown[] }))()],
  ['a failure that is none', { failure: { code: 'X', message: 'y', causes: 7, stack: 7 } }],
  ['nothing', undefined as unknown as LogFields],
  ['symbols and bigints', { s: Symbol('s'), n: 1n, f: trap }],
])('fields that cannot be read do not throw: %s', (_name, fields) => {
  expect(formatLine({ level: 'ERROR', at: 0, fields, message: 'm' })).toContain('ERROR m');
});

test('warnings and errors are written to standard error, also those of a child; the rest is not', () => {
  const written = vi.spyOn(console, 'error').mockImplementation(() => undefined);

  stderrLogger.debug({}, 'd');
  stderrLogger.info({}, 'i');
  stderrLogger.warn({}, 'w');
  stderrLogger.child({ jobId: 'j' }).child({ attempt: 1 }).error({ code: 'X' }, 'e');
  const lines = written.mock.calls.map(([line]) => String(line).slice(25));
  written.mockRestore();

  expect(lines).toEqual(['WARN  w', 'ERROR e jobId=j attempt=1 code=X']);
});
