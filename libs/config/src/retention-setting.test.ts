import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { retentionSetting } from './retention-setting.ts';

const DAY_MS = 86_400_000;

function wordsOf(text: string): string {
  return retentionSetting.safeParse(text).error?.issues[0]?.message ?? '';
}

test('rules are read in their order', () => {
  expect(retentionSetting.parse('mail.*:succeeded=90m, mail.send:*=12h,*:expired=4w,*:*=forever')).toEqual([
    { kind: { name: 'mail.', isPrefix: true }, state: 'succeeded', keepMs: 5_400_000 },
    { kind: { name: 'mail.send', isPrefix: false }, keepMs: DAY_MS / 2 },
    { state: 'expired', keepMs: 28 * DAY_MS },
    { keepMs: 'forever' },
  ]);
});

test.each(['7d', '*=7d', 'mail.send:succeeded', '', '*:*=7d,', 'a:b:c=7d', '*:*=7d=8d'])(
  '%j has no rule of the right form',
  (text) => {
    expect(wordsOf(text)).toMatch(/^must be rules such as /);
  },
);

test.each([
  ['Mail:*=7d', 'names a kind that cannot be one'],
  ['*mail:*=7d', 'names a kind that cannot be one'],
  ['*:done=7d', 'names an unknown state: expected succeeded, '],
  ['*:running=7d', 'names an unknown state'],
  ['*:dead=7d', 'kept until they are retried or discarded'],
  ['*:*=7', 'has a time that cannot be one'],
  ['*:*=30s', 'has a time that cannot be one'],
  ['*:*=0d', 'has a time that cannot be one'],
  ['*:*=36501d', 'has a time that cannot be one'],
  ['*:*=never', 'has a time that cannot be one'],
])('%j is refused: %s', (text, words) => {
  expect(wordsOf(text)).toContain(words);
});

test('docs/reference/retention.md has an example that is read as it is explained', () => {
  const page = readFileSync(new URL('../../../docs/reference/retention.md', import.meta.url), 'utf8');
  const [, example = ''] = /LEVERET_RETENTION='([^']+)'/.exec(page) ?? [];

  expect(retentionSetting.parse(example)).toEqual([
    { kind: { name: 'mail.', isPrefix: true }, state: 'succeeded', keepMs: DAY_MS / 2 },
    { state: 'cancelled', keepMs: DAY_MS },
    { keepMs: 30 * DAY_MS },
  ]);
});
