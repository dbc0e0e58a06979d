import fc from 'fast-check';
import { expect, test } from 'vitest';
import { failureGroups } from '../../fixtures/failures/index.ts';
import { thrown } from '../../fixtures/failures/thrown.ts';
import { failureOf, toFailure } from './failure.ts';
import { fingerprintOf } from './fingerprint.ts';

const PLACE = 'async syncStock (/app/dist/warehouse/sync-stock.js:31:20)';

function fingerprintAt(...frames: string[]): string {
  return fingerprintOf(failureOf(thrown('not enough left', { at: frames })));
}

test('a fingerprint is 16 hexadecimal digits', () => {
  expect(fingerprintOf(toFailure('INTERNAL', 'x'))).toMatch(/^[\da-f]{16}$/);
});

test('the samples are many', () => {
  expect(failureGroups.flatMap(([, failures]) => failures).length).toBeGreaterThan(150);
});

test.each(failureGroups)('one group: %s', (_group, failures) => {
  expect(new Set(failures.map(fingerprintOf)).size).toBe(1);
});

test('failures of two groups have different fingerprints', () => {
  const groupsByFingerprint = new Map<string, Set<string>>();
  for (const [group, failures] of failureGroups) {
    for (const fingerprint of failures.map(fingerprintOf)) {
      const groups = groupsByFingerprint.get(fingerprint) ?? new Set();
      groupsByFingerprint.set(fingerprint, groups.add(group));
    }
  }

  expect([...groupsByFingerprint.values()].filter((groups) => groups.size > 1)).toEqual([]);
});

const digit = fc.constantFrom(...'0123456789');
const hexDigit = fc.constantFrom(...'0123456789abcdef');
const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ');
const name = fc.string({ unit: letter, minLength: 1, maxLength: 12 });
const host = fc.oneof(
  fc.tuple(name, fc.constantFrom('com', 'org', 'de', 'co.uk')).map((labels) => labels.join('.')),
  fc.tuple(name, name, fc.constantFrom('local', 'internal')).map((labels) => labels.join('.')),
  fc.constant('localhost'),
);
const port = fc.integer({ min: 1, max: 65_535 });
const moment = fc.date({ min: new Date('1990-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });

/** Values of every kind that a message may hold. */
const VALUES = {
  id: fc.oneof(
    fc.uuid(),
    fc.ulid(),
    fc.string({ unit: hexDigit, minLength: 6, maxLength: 40 }),
    fc
      .tuple(name, fc.string({ unit: fc.oneof(digit, letter), maxLength: 12 }), digit)
      .map((parts) => parts.join('')),
    fc
      .tuple(fc.constantFrom('job', 'user', 'order'), fc.constantFrom('-', '_', '.', '/'), fc.nat())
      .map((parts) => parts.join('')),
    fc.integer({ min: 0, max: 0xffff_ffff }).map((number) => `0x${number.toString(16)}`),
  ),
  number: fc.oneof(
    fc.integer().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.integer().map((number) => number.toLocaleString('en-US')),
  ),
  address: fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    host,
    fc
      .tuple(
        fc.oneof(
          fc.ipV4(),
          fc.ipV6().map((address) => `[${address}]`),
          host,
        ),
        port,
      )
      .map((parts) => parts.join(':')),
    fc.emailAddress().map((address) => `<${address}>`),
    fc.tuple(name, host).map((parts) => parts.join('@')),
    fc.webUrl({ withQueryParameters: true }).filter((url) => /^[^"'`<>]*[\w/]$/.test(url)),
  ),
  path: fc.oneof(
    fc.array(name, { minLength: 1, maxLength: 5 }).map((steps) => `/${steps.join('/')}.csv`),
    fc.array(name, { minLength: 1, maxLength: 5 }).map((steps) => `C:\\${steps.join('\\')}`),
    fc.array(name, { minLength: 1, maxLength: 5 }).map((steps) => `./${steps.join('/')}`),
    fc.array(name, { minLength: 3, maxLength: 5 }).map((steps) => steps.join('/')),
    name.map((base) => `${base}.pdf`),
  ),
  quoted: fc
    .tuple(
      fc.constantFrom('""', "''", '``', '“”', '«»', '「」'),
      fc.string({ unit: 'binary', maxLength: 60 }).map((text) => text.replace(/["'`“”«»「」\\]/g, '')),
    )
    .map(([[open, close], text]) => `${open}${text}${close}`),
  date: fc.oneof(
    moment.map((date) => date.toISOString()),
    moment.map((date) => date.toUTCString()),
    moment.map((date) => date.toISOString().slice(0, 10)),
    moment.map((date) => date.toISOString().slice(0, 19).replace('T', ' ')),
  ),
  amount: fc
    .tuple(fc.nat(), fc.constantFrom('ms', ' ms', 's', ' s', ' seconds', ' minutes', ' bytes', ' MB', 'kB'))
    .map((parts) => parts.join('')),
};

const TEMPLATES: readonly ((values: Readonly<Record<keyof typeof VALUES, string>>) => string)[] = [
  ({ id, amount }) => `job ${id} took over ${amount}`,
  ({ amount, number }) => `the limit of ${amount} is exceeded, ${number} files are left`,
  ({ path }) => `ENOENT: no such file or directory, open '${path}'`,
  ({ path, number }) => `cannot read ${path}: line ${number} is too long`,
  ({ address }) => `connect ECONNREFUSED ${address}`,
  ({ address, id }) => `550 5.1.1 ${address}: User unknown (${id})`,
  ({ quoted, number }) => `column ${quoted} has ${number} entries, and none is right`,
  ({ date, id, quoted }) => `[${date}] order ${id}: the customer is called ${quoted}`,
  ({ address, number, amount }) => `GET ${address} gave ${number} rows in ${amount}; the limit is lower`,
  ({ quoted }) => `用户${quoted}不存在`,
  ({ id, number, path }) => `request failed: id=${id} count=${number} file=${path}`,
];

test('10,000 errors that differ only in values are one group for each text', () => {
  const reference = {
    id: '7',
    number: '7',
    address: '10.0.0.1',
    path: '/a/b',
    quoted: '"x"',
    date: '2026-11-30',
    amount: '7 ms',
  };
  const fingerprint = (message: string) =>
    fingerprintOf(failureOf(thrown(message, { code: 'E', at: [PLACE] })));
  const references = TEMPLATES.map((template) => fingerprint(template(reference)));

  expect(new Set(references).size).toBe(TEMPLATES.length);
  fc.assert(
    fc.property(fc.nat({ max: TEMPLATES.length - 1 }), fc.record(VALUES), (index, values) => {
      const message = TEMPLATES[index]?.(values) ?? '';

      expect(fingerprint(message), message).toBe(references[index]);
    }),
    { numRuns: 10_000 },
  );
});

test('a long message is of the same group wherever it was cut', () => {
  const fingerprints = [200, 300, 5_000].map((length) => {
    const cause = new Error(`unknown rows ${'x1y, '.repeat(length)}and more`);
    return fingerprintOf(failureOf(thrown(`rejected: ${'order 12 of "Bob", '.repeat(length)}`, { cause })));
  });

  expect(new Set(fingerprints).size).toBe(1);
});

test('the same words from another function, file, folder or caller are another group', () => {
  const places = [
    ['async charge (/app/src/payments/charge.ts:10:5)', 'async handle (/app/src/main.ts:3:1)'],
    ['async refund (/app/src/payments/charge.ts:10:5)', 'async handle (/app/src/main.ts:3:1)'],
    ['async charge (/app/src/payments/refund.ts:10:5)', 'async handle (/app/src/main.ts:3:1)'],
    ['async charge (/app/src/orders/charge.ts:10:5)', 'async handle (/app/src/main.ts:3:1)'],
    ['async charge (/app/src/payments/charge.ts:10:5)', 'async retry (/app/src/main.ts:3:1)'],
    ['Card.charge (/app/src/payments/charge.ts:10:5)', 'async handle (/app/src/main.ts:3:1)'],
    [],
  ];

  expect(new Set(places.map((frames) => fingerprintAt(...frames))).size).toBe(places.length);
});

test.each([
  ['after a deploy that moved lines', 'async charge (/app/src/payments/charge.ts:99:1)'],
  ['in another folder', 'async charge (/home/deploy/releases/20261130/src/payments/charge.ts:10:5)'],
  ['in the folder of the Node.js image', 'async charge (/usr/src/app/src/payments/charge.ts:10:5)'],
  ['in a folder with spaces and brackets', 'async charge (/opt/my app (2)/src/payments/charge.ts:10:5)'],
  ['on Windows', 'async charge (C:\\jobs\\src\\payments\\charge.ts:10:5)'],
  ['as an ES module', 'async charge (file:///app/src/payments/charge.ts:10:5)'],
  ['as an ES module on Windows', 'async charge (file:///C:/jobs/src/payments/charge.ts:10:5)'],
  ['by a loader that adds a query', 'async charge (file:///app/src/payments/charge.ts?t=1764474245:10:5)'],
  ['compiled', 'async charge (/app/dist/payments/charge.js:10:5)'],
  ['before the first await', 'charge (/app/src/payments/charge.ts:10:5)'],
  ['called on an object', 'async Object.charge (/app/src/payments/charge.ts:10:5)'],
  ['called by another name', 'Object.charge [as pay] (/app/src/payments/charge.ts:10:5)'],
])('the same place is the same: %s', (_how, frame) => {
  const expected = fingerprintAt(
    'async charge (/app/src/payments/charge.ts:10:5)',
    'run (/app/dist/main.js:1:1)',
  );

  expect(
    fingerprintAt(
      'Parser.parse (/app/node_modules/pg-protocol/dist/parser.js:285:98)',
      'process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
      frame,
      'async Promise.all (index 2)',
      'new Promise (<anonymous>)',
      'run (/app/dist/main.js:1:1)',
    ),
  ).toBe(expected);
});

/** Texts that make careless expressions slow, and texts that stores and encoders stumble over. */
const HOSTILE = [
  ...'a /\\.:"\'`{[<=;-*@1\0\ud800用“'.split(''),
  'a.',
  'a-',
  'a@',
  '1,',
  '::',
  ':a',
  'a/',
  '{"',
  '[{',
  '<a',
  '://',
  'a:/',
  "'a",
  '" ',
  'x=',
  ' (',
  '; ',
  '- ',
  '\\"',
  'Jan ',
  '5.1.1 ',
  'id: ',
  "Unexpected token '",
  ' is not valid JSON',
  ' in JSON at (line 1',
  'E11 ',
  'at ',
  '(:1',
  ':1:1',
];

test.each(HOSTILE)('a hostile text takes bounded time: %j', (unit) => {
  const text = unit.repeat(1_048_576 / unit.length);
  const start = performance.now();
  const causes = Array.from({ length: 100 }, () => ({
    name: text,
    message: `${text}!`,
    stack: `at ${text}`,
  }));

  for (let count = 0; count < 20; count += 1)
    expect(
      fingerprintOf({
        code: 'INTERNAL',
        errorCode: text,
        message: `${text}!`,
        stack: `at (/${text}`,
        causes,
      }),
    ).toHaveLength(16);

  // Some milliseconds; without a bound it would be minutes.
  expect(performance.now() - start).toBeLessThan(5_000);
});
