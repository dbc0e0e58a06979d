import { JOB_STATES, type JobFilter, type JobState, LAST_MOMENT, LeveretError } from '@leveret/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatFilter } from './format-filter.ts';
import { parseFilter } from './parse-filter.ts';
import { MAX_FILTER_LENGTH } from './scan-terms.ts';

const NOW = Date.UTC(2026, 0, 10, 12);
const LATER = NOW + 3_600_000;

/** A term, and the condition that it asks for. */
interface Part {
  readonly text: string;
  readonly filter: JobFilter;
}

const quoted = (value: string) => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
const needsQuotes = (value: string) => /[\s"]/.test(value);

/** A value, and how it is written: in quotation marks where it must be, or at random. */
function written(
  value: fc.Arbitrary<string>,
): fc.Arbitrary<{ readonly value: string; readonly text: string }> {
  return fc.tuple(value, fc.boolean()).map(([chosen, isQuoted]) => ({
    value: chosen,
    text: isQuoted || needsQuotes(chosen) ? quoted(chosen) : chosen,
  }));
}

const words = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .filter((text) => text.length <= 200 && !/[\0\p{Surrogate}]/u.test(text));
const name = fc.stringMatching(/^[a-z0-9]{1,9}(-[a-z0-9]{1,9}){0,3}$/);
const id = fc.uuid().chain((uuid) => fc.integer({ min: 1, max: 36 }).map((length) => uuid.slice(0, length)));
const moment = fc.integer({ min: 0, max: LAST_MOMENT });

const state = fc
  .subarray(Object.keys(JOB_STATES) as JobState[], { minLength: 1 })
  .map((states): Part => ({ text: `state:${[...states].reverse().join(',')}`, filter: { states } }));
const queue = written(name).map(
  ({ value, text }): Part => ({ text: `queue:${text}`, filter: { queue: value } }),
);
const kind = fc.tuple(name, fc.boolean()).map(
  ([of, isPrefix]): Part => ({
    text: `kind:${of}${isPrefix ? '*' : ''}`,
    filter: { kind: { name: of, isPrefix } },
  }),
);
const error = written(words).map(
  ({ value, text }): Part => ({ text: `error:${text}`, filter: { errorCode: value } }),
);
const worker = written(words).map(
  ({ value, text }): Part => ({ text: `worker:${text}`, filter: { worker: value } }),
);
const idPrefix = id.map((prefix): Part => ({ text: `id:${prefix}`, filter: { idPrefix: prefix } }));
const parent = fc.uuid().map((of): Part => ({ text: `parent:${of}`, filter: { parentId: of } }));
const created = moment.map(
  (from): Part => ({
    text: `created:>${new Date(from).toISOString()}`,
    filter: { created: { from } },
  }),
);
const updated = fc
  .tuple(fc.integer({ min: 1, max: 600 }), fc.constantFrom('s', 'm', 'h'))
  .map(([count, unit]): Part => {
    const unitMs = { s: 1_000, m: 60_000, h: 3_600_000 }[unit];
    return { text: `updated:<${count}${unit}`, filter: { updated: { from: NOW - count * unitMs } } };
  });

const space = fc.string({
  unit: fc.constantFrom(' ', '\t', '\n', '\u00a0', '\u2003'),
  minLength: 1,
  maxLength: 3,
});
const filter = fc
  .tuple(state, queue, kind, error, worker, parent, idPrefix, created, updated)
  .chain((parts) => fc.shuffledSubarray([...parts]))
  .chain((parts) =>
    fc.array(space, { minLength: parts.length, maxLength: parts.length }).map((spaces) => ({
      text: parts.map(({ text }, index) => `${spaces[index]}${text}`).join(''),
      filter: Object.assign({}, ...parts.map((part) => part.filter)) as JobFilter,
    })),
  );

test('terms in any order, with and without quotation marks, are read as what they say', () => {
  fc.assert(
    fc.property(filter, ({ text, filter: expected }) => {
      expect(parseFilter(text, NOW)).toEqual(expected);
    }),
    { numRuns: 1_000 },
  );
});

test('the text of a filter is read at any time as the same filter', () => {
  fc.assert(
    fc.property(filter, ({ text }) => {
      const parsed = parseFilter(text, NOW);

      expect(parseFilter(formatFilter(parsed), LATER)).toEqual(parsed);
    }),
    { numRuns: 1_000 },
  );
});

test('any text is read, or refused as FILTER_INVALID at a place in it', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'state',
      'dead',
      'id',
      'age',
      'created',
      ':',
      '"',
      '\\',
      '>',
      '<',
      ',',
      '*',
      ' ',
      '1h',
      '2026-01-02',
    ),
    fc.string({ unit: 'binary', maxLength: 5 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('');
      try {
        const parsed = parseFilter(text, NOW);
        expect(parseFilter(formatFilter(parsed), LATER)).toEqual(parsed);
      } catch (thrown) {
        if (!(thrown instanceof LeveretError)) throw thrown;
        expect(thrown.code).toBe('FILTER_INVALID');
        expect(text.slice(Number(thrown.details['position']))).toMatch(/^\S/);
      }
    }),
    { numRuns: 5_000 },
  );
});

test('a filter with the longest values has a text that can be read', () => {
  const longest = '"'.repeat(200);
  const text = [
    `state:${Object.keys(JOB_STATES).join()}`,
    `queue:${'q'.repeat(100)}`,
    `kind:${'k'.repeat(100)}*`,
    ...['error', 'worker'].map((of) => `${of}:${quoted(longest)}`),
    'fingerprint:9f2c41d07ab3e856',
    'parent:0198c0de-1111-7222-8333-0123456789ab',
    'id:0198c0de-1111-7222-8333-0123456789ab',
    'created:<2h created:>1h updated:<2h updated:>1h',
  ].join(' ');

  const formatted = formatFilter(parseFilter(text, NOW));

  expect(formatted.length).toBeLessThanOrEqual(MAX_FILTER_LENGTH);
  expect(parseFilter(formatted, LATER)).toEqual(parseFilter(text, NOW));
});

test.each([
  ['', ''],
  ['0198c0 state:dead,queued', 'state:queued,dead id:0198c0'],
  ['age:>1h age:<2h', 'created:>2026-01-10T10:00:00.000Z created:<2026-01-10T11:00:00.000Z'],
  ['error:"a" worker:"b c" kind:mail.*', 'kind:mail.* error:a worker:"b c"'],
])('%j is written as %j', (text, expected) => {
  expect(formatFilter(parseFilter(text, NOW))).toBe(expected);
});
