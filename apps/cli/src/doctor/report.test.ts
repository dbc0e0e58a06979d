import { expect, test } from 'vitest';
import { renderReport, toReport } from './report.ts';
import type { Finding } from './wiring.ts';

const FINE: Finding = {
  check: 'queue',
  severity: 'ok',
  about: '28 queues',
  what: 'all are there',
  canFix: false,
};
const OLD: Finding = {
  check: 'version',
  severity: 'warning',
  about: 'RabbitMQ 3.10.8',
  what: 'old',
  fix: 'update it',
  canFix: false,
};

function missing(about: string): Finding {
  return {
    check: 'queue',
    severity: 'problem',
    about,
    what: 'it is missing',
    fix: 'declare it',
    canFix: true,
  };
}

test('the worst comes first, and the sum last', () => {
  const report = toReport([FINE, OLD, missing('leveret.q.mail')]);

  expect(renderReport(report, false).split('\n')).toEqual([
    'Problems',
    '  queue             leveret.q.mail: it is missing',
    '                    → declare it',
    '',
    'Warnings',
    '  version           RabbitMQ 3.10.8: old',
    '                    → update it',
    '',
    'In order',
    '  queue             28 queues: all are there',
    '',
    '1 problem, 1 warning, 0 not known, 1 in order',
  ]);
});

test('what is said of many things is said once', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

  const text = renderReport(toReport(names.map(missing)), false);

  expect(text).toContain('  queue             a, b, c, d, e, f, and 2 more: it is missing\n');
  expect(text.match(/declare it/g)).toHaveLength(1);
  expect(text).toContain('8 problems');
});

test('only a problem makes a broker unhealthy', () => {
  expect(toReport([FINE, OLD]).healthy).toBe(true);
  expect(toReport([FINE, missing('a')]).healthy).toBe(false);
});

test('what was declared is told first; where nothing was missing, that', () => {
  expect(renderReport(toReport([], ['queue a']), false)).toMatch(/^Declared\n {2}queue a\n\n/);
  expect(renderReport(toReport([], []), false)).toMatch(/^Nothing was missing\.\n\n/);
  expect(renderReport(toReport([]), false)).toBe('0 problems, 0 warnings, 0 not known, 0 in order');
});

test('colours are for those who have them', () => {
  expect(renderReport(toReport([OLD]), true)).toContain('\u001b[33mWarnings');
  expect(renderReport(toReport([OLD]), false)).not.toContain('\u001b');
});
