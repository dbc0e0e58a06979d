import { readFileSync } from 'node:fs';
import { systemClock } from '@leveret/core';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addFailuresCommands } from './command.ts';

const page = readFileSync(new URL('../../../../docs/reference/failures.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| `(--[a-z]+)` \| (.+?) \|/gm)];

const program = new Command();
addFailuresCommands(program, {
  openReader: () => Promise.reject(new Error('nothing is read')),
  openStore: () => Promise.reject(new Error('nothing is changed')),
  clock: systemClock,
  print: () => undefined,
});
/** Every command that does something, by its name without `failures` and `list`. */
const commands = new Map(program.commands.flatMap((failures) => failures.commands.flatMap(withOwn)));

function withOwn(command: Command): readonly (readonly [string, Command])[] {
  const name = command.name();
  if (command.commands.length === 0) return [[name, command]];
  return command.commands.map((own) => [`${name} ${own.name()}`.replace(/ list$/, ''), own]);
}

test.each([...commands])(
  'docs/reference/failures.md has the flags of failures %s, and no other',
  (name, command) => {
    const isOf = (of = '') => of === 'all' || of.split(', ').includes(`\`${name}\``);
    const own = rows.filter(([, , of]) => isOf(of)).map(([, flag]) => flag);

    expect(own.sort()).toEqual(command.options.map(({ long }) => long).sort());
  },
);

test('docs/reference/failures.md has every command', () => {
  const listed = [...page.matchAll(/^\| `failures ([a-z -]+?)(?: <[a-z]+>(?:\.\.\.)?)?` \| /gm)].map(
    ([, name]) => name,
  );

  expect([...new Set(listed)].sort()).toEqual([...commands.keys()].sort());
});
