import { projectRoot } from '@leveret/testing/processes';
import { ESLint } from 'eslint';
import { expect, test } from 'vitest';

// Where CI=true the parser takes the types of files from the disk alone: planted text would have none.
process.env['TSESTREE_SINGLE_RUN'] = 'false';
const eslint = new ESLint({ cwd: projectRoot });

/** A file of a library, in whose place planted text is looked at. */
const FILE = 'libs/client/src/relay.ts';

async function rulesBrokenBy(text: string, file = FILE): Promise<readonly (string | null)[]> {
  const [result] = await eslint.lintText(text, { filePath: `${projectRoot}${file}` });
  return result?.messages.map(({ ruleId }) => ruleId) ?? [];
}

test.each([
  {
    what: 'a promise that nobody waits for',
    text: 'Promise.resolve();',
    rule: '@typescript-eslint/no-floating-promises',
  },
  {
    what: 'a promise that is dropped on purpose',
    text: 'void Promise.resolve();',
    rule: '@typescript-eslint/no-floating-promises',
  },
  {
    what: 'a promise where a condition is wanted',
    text: 'if (Promise.resolve(false)) throw new Error();',
    rule: '@typescript-eslint/no-misused-promises',
  },
  { what: 'a catch that does nothing', text: 'try { JSON.parse(""); } catch {}', rule: 'no-empty' },
  { what: 'any', text: 'export const value: any = 1;', rule: '@typescript-eslint/no-explicit-any' },
  { what: 'console', text: 'console.log("here");', rule: 'no-console' },
  { what: 'the time', text: 'export const now = Date.now();', rule: 'no-restricted-properties' },
  { what: 'the time as a date', text: 'export const now = new Date();', rule: 'no-restricted-syntax' },
  { what: 'a timer', text: 'setTimeout(() => undefined, 1);', rule: 'no-restricted-globals' },
  { what: 'chance', text: 'export const chance = Math.random();', rule: 'no-restricted-properties' },
  {
    what: 'an id from elsewhere',
    text: 'export const id = crypto.randomUUID();',
    rule: 'no-restricted-properties',
  },
  { what: 'the environment', text: 'export const { env } = process;', rule: 'no-restricted-properties' },
  {
    what: 'the environment by its name',
    text: "export const home = process.env['HOME'];",
    rule: 'no-restricted-properties',
  },
  {
    what: 'a switch that forgets a case',
    text: 'export function f(x: "a" | "b") { switch (x) { case "a": return 1; } return 2; }',
    rule: '@typescript-eslint/switch-exhaustiveness-check',
  },
])('$what is refused in a library', async ({ text, rule }) => {
  expect(await rulesBrokenBy(text)).toContain(rule);
});

test.each([
  { what: 'time', file: 'libs/core/src/clock.ts', text: 'export const now = Date.now();' },
  { what: 'chance', file: 'libs/core/src/random.ts', text: 'export const chance = Math.random();' },
  { what: 'environment', file: 'apps/api/src/config.ts', text: 'export const { env } = process;' },
])('$what is taken from outside in its one home', async ({ file, text }) => {
  expect(await rulesBrokenBy(text, file)).toEqual([]);
});
