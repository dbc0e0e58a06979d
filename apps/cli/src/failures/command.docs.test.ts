import { readFileSync } from 'node:fs';
import { systemClock } from '@leveret/core';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addFailuresCommands } from './command.ts';

const page = readFileSync(new URL('../../../../docs/reference/failures.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| `(--[a-z]+)` \| (\S+) \|/gm)];

const program = new Command();
addFailuresCommands(program, {
  openReader: () => Promise.reject(new Error('nothing is read')),
  clock: systemClock,
  print: () => undefined,
});
const commands = program.commands.flatMap((failures) => failures.commands);

test.each(commands.map((command) => [command.name(), command] as const))(
  'docs/reference/failures.md has the flags of failures %s, and no other',
  (name, command) => {
    const own = rows.filter(([, , of]) => of === 'all' || of === `\`${name}\``).map(([, flag]) => flag);

    expect(own.sort()).toEqual(command.options.map(({ long }) => long).sort());
  },
);

test('docs/reference/failures.md has every command', () => {
  const listed = [...page.matchAll(/^\| `failures ([a-z]+)(?: <fingerprint>)?` \| /gm)].map(
    ([, name]) => name,
  );

  expect([...new Set(listed)]).toEqual(commands.map((command) => command.name()));
});
