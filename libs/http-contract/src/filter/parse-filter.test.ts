import { type JobFilter, LeveretError } from '@leveret/core';
import { expect, test } from 'vitest';
import { parseFilter } from './parse-filter.ts';

const NOW = Date.UTC(2026, 0, 10, 12);
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;

function faultOf(text: string): LeveretError {
  try {
    parseFilter(text, NOW);
  } catch (error) {
    if (error instanceof LeveretError && error.code === 'FILTER_INVALID') return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

test.each<[string, JobFilter]>([
  ['', {}],
  [' \t\n', {}],
  ['state:dead', { states: ['dead'] }],
  ['state:dead,retrying', { states: ['retrying', 'dead'] }],
  ['state:dead state:queued,dead state:running', { states: ['queued', 'running', 'dead'] }],
  ['queue:mail', { queue: 'mail' }],
  ['kind:mail.send', { kind: { name: 'mail.send', isPrefix: false } }],
  ['kind:mail.*', { kind: { name: 'mail.', isPrefix: true } }],
  ['kind:mail*', { kind: { name: 'mail', isPrefix: true } }],
  ['error:ECONNREFUSED', { errorCode: 'ECONNREFUSED' }],
  ['error:Error:with:colons', { errorCode: 'Error:with:colons' }],
  ['error:a\\b', { errorCode: 'a\\b' }],
  ['error:"no such \\"file\\" in C:\\\\ "', { errorCode: 'no such "file" in C:\\ ' }],
  ['tag:eu', { tags: ['eu'] }],
  ['tag:vip tag:"customer 7" tag:vip', { tags: ['customer 7', 'vip'] }],
  ['fingerprint:9f2c41d07ab3e856', { fingerprint: '9f2c41d07ab3e856' }],
  ['worker:host/7', { worker: 'host/7' }],
  ['parent:0198C0DE-1111-7222-8333-0123456789ab', { parentId: '0198c0de-1111-7222-8333-0123456789ab' }],
  ['id:0198c0', { idPrefix: '0198c0' }],
  ['id:dead', { idPrefix: 'dead' }],
  ['0198C0DE-', { idPrefix: '0198c0de-' }],
  ['  0198c0de-1111-7222-8333-0123456789ab  ', { idPrefix: '0198c0de-1111-7222-8333-0123456789ab' }],
  ['\u3000state:dead\u00a0queue:mail\u2028', { states: ['dead'], queue: 'mail' }],
  ['queue:mail kind:"mail.*"', { queue: 'mail', kind: { name: 'mail.', isPrefix: true } }],
  ['error:"🐇 失敗" worker:é', { errorCode: '🐇 失敗', worker: 'é' }],
])('%j is read', (text, filter) => {
  expect(parseFilter(text, NOW)).toEqual(filter);
});

test.each<[string, JobFilter]>([
  ['age:>1h', { created: { to: NOW - HOUR } }],
  ['age:<30m', { created: { from: NOW - 30 * MINUTE } }],
  ['age:<90s', { created: { from: NOW - 90_000 } }],
  ['age:>2d age:<1w', { created: { from: NOW - 7 * DAY, to: NOW - 2 * DAY } }],
  ['created:<2d', { created: { from: NOW - 2 * DAY } }],
  ['updated:<10m', { updated: { from: NOW - 10 * MINUTE } }],
  ['updated:>10m', { updated: { to: NOW - 10 * MINUTE } }],
  ['created:>2026-01-02', { created: { from: Date.UTC(2026, 0, 2) } }],
  ['created:<2026-01-02', { created: { to: Date.UTC(2026, 0, 2) } }],
  [
    'created:>2026-01-02 created:<2026-01-03',
    { created: { from: Date.UTC(2026, 0, 2), to: Date.UTC(2026, 0, 3) } },
  ],
  ['age:>1h created:>2026-01-02', { created: { from: Date.UTC(2026, 0, 2), to: NOW - HOUR } }],
  ['updated:>2026-01-02T03:04', { updated: { from: Date.UTC(2026, 0, 2, 3, 4) } }],
  ['updated:>2026-01-02T03:04:05.6Z', { updated: { from: Date.UTC(2026, 0, 2, 3, 4, 5, 600) } }],
  ['updated:>2026-01-02T03:04:05+02:00', { updated: { from: Date.UTC(2026, 0, 2, 1, 4, 5) } }],
  ['created:>1970-01-01', { created: { from: 0 } }],
  ['created:<9999-12-31T23:59:59.999Z', { created: { to: 253_402_300_799_999 } }],
  ['created:>2024-02-29', { created: { from: Date.UTC(2024, 1, 29) } }],
])('%j is read as moments', (text, filter) => {
  expect(parseFilter(text, NOW)).toEqual(filter);
});

test('a fingerprint may be written in capitals', () => {
  expect(parseFilter('fingerprint:9F2C41D07AB3E856', NOW)).toEqual({ fingerprint: '9f2c41d07ab3e856' });
});

test('the order of bounds and states does not matter', () => {
  const texts = [
    ['age:>1h age:<2h', 'age:<2h age:>1h'],
    ['state:dead,queued', 'state:queued state:dead'],
  ];

  for (const [one = '', other = ''] of texts) expect(parseFilter(one, NOW)).toEqual(parseFilter(other, NOW));
});

test.each([
  ['label:eu', '"label:eu" has an unknown name: expected one of state, queue, kind, error, fingerprint'],
  ['tag:" eu"', 'cannot be a tag: expected 1 to 64 characters'],
  [`tag:${'x'.repeat(65)}`, 'cannot be a tag'],
  ['State:dead', 'has an unknown name'],
  ['fingerprint:9f2c', 'is no fingerprint: expected all of its 16 digits'],
  ['fingerprint:9f2c41d07ab3e85g', 'is no fingerprint'],
  ['__proto__:x', 'has an unknown name'],
  ['constructor:x', 'has an unknown name'],
  ['hello', '"hello" has no name: expected name:value with one of state, queue'],
  ['dead', 'has no name'],
  [':dead', 'has no name'],
  ['0198c0de1', 'has no name'],
  ['"0198c0"x', 'quotation mark'],
  ['queue:', '"queue:" has no value: expected one such as queue:mail'],
  ['error:""', 'has no value'],
  ['error:"open', '"error:"open" has a quotation mark in the wrong place: expected name:"value"'],
  ['error:"a"b', 'quotation mark'],
  ['error:a"b"', 'quotation mark'],
  ['error:"a\\n"', 'quotation mark'],
  ['"error:x y"', 'has no name'],
  ['state:deda', '"state:deda" has an unknown state: expected one of scheduled, queued, running'],
  ['state:dead,', 'has an unknown state'],
  ['state:toString', 'has an unknown state'],
  ['queue:Mail', 'cannot be a queue: expected lower-case words'],
  [`queue:${'a'.repeat(101)}`, 'cannot be a queue'],
  ['kind:*', 'cannot be a kind'],
  ['kind:mail.*.x', 'cannot be a kind'],
  ['kind:mail..send', 'cannot be a kind'],
  [`kind:${'a'.repeat(101)}*`, 'cannot be a kind'],
  ['parent:0198c0', 'is no id of a job: expected a whole UUID'],
  ['id:xyz', 'cannot begin an id: expected the first hex digits of a UUID'],
  ['id:0198-', 'cannot begin an id'],
  ['id:0198c0de-1111-7222-8333-0123456789abc', 'cannot begin an id'],
  [`error:${'x'.repeat(201)}`, 'is too long: expected a value of at most 200 characters'],
  ['error:a\0b', 'has a character that no job has'],
  ['error:\ud800', 'has a character that no job has'],
  ['queue:mail queue:video', '"queue:video" repeats a name'],
  ['id:0198 0198c0', '"0198c0" repeats a name'],
  ['age:1h', '"age:1h" must be > or < followed by an age such as 30s'],
  ['age:>=1h', 'must be > or <'],
  ['age:>1.5h', 'must be > or <'],
  ['age:>1y', 'must be > or <'],
  ['age:>-1h', 'must be > or <'],
  ['age:>2026-01-02', 'must be > or <'],
  ['age:>', 'must be > or <'],
  ['created:2026-01-02', 'or by a date such as 2026-01-02'],
  ['created:>tomorrow', 'or by a date'],
  ['created:>2026-1-2', 'or by a date'],
  ['created:>2026-01-02Z', 'or by a date'],
  ['created:>2026-01-02T03:04:05.6789', 'or by a date'],
  ['created:>+012026-01-02', 'or by a date'],
  ['created:>2026-02-30', 'names no day or time that exists'],
  ['created:>2026-13-01', 'names no day or time'],
  ['created:>2026-01-02T25:00', 'names no day or time'],
  ['created:>1969-12-31', 'is out of range: expected a moment in the years 1970 to 9999'],
  ['created:>9999-12-31T23:59-05:00', 'is out of range'],
  ['age:<3000w', 'is out of range'],
  [`age:<${'9'.repeat(180)}w`, 'is out of range'],
  ['created:>2026-01-02 created:>2026-01-03', 'sets the beginning of a range that has one'],
  ['age:>1h created:<2026-01-02', 'sets the end of a range that has one'],
  [
    'age:>2h age:<1h',
    '"age:<1h" leaves no time: the range would begin at 2026-01-10T11:00:00.000Z and end at 2026-01-10T10:00:00.000Z',
  ],
])('%j is refused with what is expected', (text, words) => {
  expect(faultOf(text).message).toContain(words);
});

test('a fault says where its term begins', () => {
  expect(faultOf('state:dead  nonsense queue:mail').details).toEqual({ position: 12 });
  expect(faultOf('error:"a b c" "x').details).toEqual({ position: 14 });
});

test('a text of 10 kB is refused, and none of it is quoted', () => {
  const fault = faultOf('state:dead '.repeat(1_000));

  expect(fault.message).toBe('the filter has 11000 characters: expected at most 2000');
  expect(fault.details).toEqual({ limit: 2_000 });
});

test('32 terms are read, and the next one is refused', () => {
  const most = 'state:dead '.repeat(32);

  expect(parseFilter(most, NOW)).toEqual({ states: ['dead'] });
  expect(faultOf(`${most} queue:mail`)).toMatchObject({
    message: '"queue:mail" is one too many: expected at most 32 terms',
    details: { position: 353 },
  });
});

test('a long or odd term is quoted in part, without control characters', () => {
  expect(faultOf('x'.repeat(1_000)).message).toMatch(/^"x{59}…" has no name/);
  expect(faultOf('\u001b[31m\ud800').message).toMatch(/^"\ufffd\[31m\ufffd" has no name/);
});
