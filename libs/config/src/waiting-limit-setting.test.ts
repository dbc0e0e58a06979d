import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { waitingLimitSetting } from './waiting-limit-setting.ts';

test.each([
  [undefined, 300_000, []],
  ['10m', 600_000, []],
  ['mail=10m', 300_000, [['mail', 600_000]]],
  [
    'mail=90s, 1h ,video=2d',
    3_600_000,
    [
      ['mail', 90_000],
      ['video', 172_800_000],
    ],
  ],
])('%s is read', (text, defaultMs, byQueue) => {
  expect(waitingLimitSetting.parse(text)).toEqual({ defaultMs, byQueue: new Map(byQueue as []) });
});

test.each([
  '',
  '5',
  '0s',
  '31d',
  '5m,10m',
  'mail=5m,mail=6m',
  'Mail=5m',
  '=5m',
  'mail=',
  'a=b=5m',
  '5m,',
  '-5m',
])('"%s" is refused', (text) => {
  expect(waitingLimitSetting.safeParse(text).error?.issues[0]?.message).toContain('such as mail=10m');
});

test('the example of docs/reference/faults.md is read', () => {
  const page = readFileSync(new URL('../../../docs/reference/faults.md', import.meta.url), 'utf8');
  const [, example = ''] = /LEVERET_WAITING_LIMIT='([^']+)'/.exec(page) ?? [];

  expect(waitingLimitSetting.parse(example).byQueue.get('mail')).toBe(600_000);
});
