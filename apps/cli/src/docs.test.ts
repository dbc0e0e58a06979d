import { readFileSync } from 'node:fs';
import { CONTROL_ACTIONS, systemClock } from '@leveret/core';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram, nothingToOpen, openControlBench } from '../fixtures/control-bench.ts';

/** Stand for a job, an operation and a fingerprint in the examples. */
const JOB = '0198c0de-1111-7222-8333-0123456789ab';
const OPERATION = '0198c0de-4444-7222-8333-0123456789ab';
const FINGERPRINT = '9f2c41d07ab3e856';
/** An API key that is valid in the examples. */
const API_KEY = '0123456789ab';

/** The page of each group of commands. */
const PAGES: Readonly<Record<string, string>> = {
  jobs: 'jobs.md',
  failures: 'failures.md',
  queues: 'queues.md',
  workers: 'queues.md',
  operations: 'operations.md',
  accounts: 'accounts.md',
  keys: 'accounts.md',
};
/** Commands of a page that share rows of its table of flags. */
const ACTIONS = ['cancel', 'run-now', 'retry', 'discard', 'restore', 'undo'];

const nobody = () => Promise.reject(new Error('nobody is asked'));
const program = createProgram({
  ...nothingToOpen,
  openControl: nobody,
  readInput: nobody,
  clock: systemClock,
  print: () => undefined,
  terminal: {
    canAsk: false,
    say: () => undefined,
    progress: () => undefined,
    ask: nobody,
    interruptible: nobody,
  },
  fail: () => undefined,
});

function pageOf(group: string): string {
  return readFileSync(new URL(`../../../docs/reference/${PAGES[group]}`, import.meta.url), 'utf8');
}

/** A command line as words; a word in single quotes is one. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

/** The command lines of a text, without `leveret`, and without what they are piped to. */
function examplesIn(text: string): readonly string[] {
  return [...text.matchAll(/^ *(?:npm run (?:--silent )?)?leveret (?:-- )?([^|\n]+?)(?: \| .*)?$/gm)].map(
    ([, line]) => line ?? '',
  );
}

/** Every command of a group that does something, by its name; `list` of a command with commands of its own is that command. */
function commandsOf(group: Command): readonly (readonly [string, Command])[] {
  return group.commands.flatMap((command) => {
    const name = command.name();
    if (command.commands.length === 0) return [[name, command] as const];
    return command.commands.map((own) => [`${name} ${own.name()}`.replace(/ list$/, ''), own] as const);
  });
}

function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  return help.slice(help.indexOf('Examples:'));
}

describe.each(program.commands.map((group) => [group.name(), group] as const))('%s', (name, group) => {
  test.each(commandsOf(group))('its page has the flags of %s, and no other', (commandName, command) => {
    const rows = [...pageOf(name).matchAll(/^\| `(--[a-z-]+)` \| (.+?) \|/gm)];
    const own = rows.filter(
      ([, , of = '']) =>
        of === 'all' ||
        of.split(', ').includes(`\`${commandName}\``) ||
        (of === 'actions' && ACTIONS.includes(commandName)),
    );

    expect(own.map(([, flag]) => flag).sort()).toEqual(command.options.map(({ long }) => long).sort());
  });

  test('its page has every command', () => {
    const rows = pageOf(name).matchAll(
      new RegExp(`^\\| \`${name} ([a-z -]+?)(?: <[a-z]+>(?:\\.\\.\\.)?)*\` \\| `, 'gm'),
    );

    expect([...new Set([...rows].map(([, listed]) => listed))].sort()).toEqual(
      commandsOf(group)
        .map(([commandName]) => commandName)
        .sort(),
    );
  });

  test('the examples of its help and of its page are right', async () => {
    await using bench = await openControlBench();
    await bench.enqueueDead(1);
    await bench.enqueue('succeed', { id: JOB });
    const [failures] = await bench.reader.failureGroups(1);
    const discarded = await bench.run([
      'failures',
      'discard',
      failures?.fingerprint ?? '',
      '--yes',
      '--json',
    ]);
    const { operations } = JSON.parse(discarded.output);
    const message = { queue: 'mail', reason: 'no JSON', body: new Uint8Array(), properties: '{}' };
    await bench.store.setAside.keep([{ ...message, at: 0, isReturned: false }]);
    await bench.store.unapplied.keep([{ entry: '{}', reason: 'its type is missing' }]);
    const key = { id: API_KEY, name: 'old', role: 'viewer', hash: 'x' } as const;
    await bench.accounts.addApiKey(key, { by: 'ada' });
    const examples = [...commandsOf(group).map(([, command]) => helpOf(command)), pageOf(name)].flatMap(
      examplesIn,
    );

    for (const example of new Set(examples)) {
      // Entries first: a random id may contain what stands for them.
      const line = example
        .replaceAll('m12', 'm1')
        .replaceAll('e7', 'e1')
        .replaceAll(OPERATION, operations[0].id)
        .replaceAll(FINGERPRINT, failures?.fingerprint ?? '');
      const { code, told } = await bench.run(wordsOf(line), { answers: 'y\n' });
      expect([0, 1], `${example}: ${told}`).toContain(code);
    }
    expect(examples.length).toBeGreaterThanOrEqual(commandsOf(group).length);
  });
});

test.each(Object.entries(CONTROL_ACTIONS))(
  'jobs.md says when %s is possible, and where it leads',
  (action, rule) => {
    expect(pageOf('jobs')).toContain(`| \`${action}\` | ${rule.from.join(', ')} | ${rule.to} |`);
  },
);

test('operate.md names only commands and flags that there are', () => {
  const page = readFileSync(new URL('../../../docs/operate.md', import.meta.url), 'utf8');
  const lines = [...page.matchAll(/`(?:leveret )?((?:failures|queues|operations|accounts) [^`]+)`/g)];

  expect(lines.length).toBeGreaterThan(5);
  for (const [, line = ''] of lines) {
    const [groupName, commandName, ...others] = wordsOf(line);
    const group = program.commands.find((one) => one.name() === groupName);
    const command = group?.commands.find((one) => one.name() === commandName);
    expect(command, line).toBeDefined();
    const flags = others.filter((word) => word.startsWith('--'));
    expect(command?.options.map(({ long }) => long)).toEqual(expect.arrayContaining(flags));
  }
});
