import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createManualClock } from '@leveret/core/testing';
import { createSqliteJobStore, openSqliteDatabase } from '@leveret/sqlite';
import { Command } from 'commander';
import { expect, onTestFinished, test } from 'vitest';
import { openJobReader, openJobStore } from '../ledger/wiring.ts';
import { addFailuresCommands } from './command.ts';

const NOW = Date.UTC(2026, 0, 10, 12);
const PROPERTIES = { type: 'Send Mail', headers: { tenant: 'a' } };

/** A ledger that has set two messages and an event aside, and a way to run `leveret failures set-aside …` on it. */
async function setUp() {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-cli-set-aside-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'leveret.db');
  const message = { properties: JSON.stringify(PROPERTIES), at: NOW - 60_000, isReturned: false };
  const database = await openSqliteDatabase({ file });
  const store = createSqliteJobStore({ database });
  await store.setAside.keep([
    { ...message, queue: 'mail', reason: 'property message-id is missing', body: Buffer.from('{"to": 1}') },
    { ...message, queue: 'video', reason: 'no JSON', body: Uint8Array.of(0xff, 0x1b) },
  ]);
  await store.unapplied.keep([{ entry: '{"type":"celebrated"}', reason: 'its jobId is missing' }]);
  await database.close();
  return async (...args: readonly string[]) => {
    const printed: string[] = [];
    const program = new Command('leveret').exitOverride().configureOutput({ writeErr: () => undefined });
    addFailuresCommands(program, {
      openReader: openJobReader,
      openStore: openJobStore,
      clock: createManualClock(NOW),
      print: (text) => printed.push(text),
      terminal: { say: () => expect.unreachable() },
    });
    await program.parseAsync(['failures', 'set-aside', ...args, '--database', file], { from: 'user' });
    return printed.join('\n');
  };
}

test('messages and events are listed with their ids and reasons, in one list', async () => {
  const run = await setUp();

  const lines = (await run()).split('\n');

  expect(lines[0]).toBe('2 messages that cannot be jobs or could not be routed:');
  expect(lines.slice(2, 4).map((line) => line.split(/ {2,}/))).toEqual([
    ['m1', '1 minute ago', 'mail', '9', 'property message-id is missing'],
    ['m2', '1 minute ago', 'video', '2', 'no JSON'],
  ]);
  expect(lines[5]).toBe('1 event that cannot be applied:');
  expect(lines[7]?.split(/ {2,}/)).toEqual(['e1', 'its jobId is missing', '{"type":"celebrated"}']);
  expect(lines).toHaveLength(8);
});

test('a list goes on where the page before ended, from messages to events', async () => {
  const run = await setUp();

  const first = await run('--limit', '2');
  const last = await run('--limit', '2', '--after', 'm2');

  expect(first).toMatch(/Next page: leveret failures set-aside --limit 2 --database \S+ --after m2$/);
  expect(last.split('\n')[0]).toBe('1 event that cannot be applied:');
  expect(last).not.toContain('Next page');
  expect(JSON.parse(await run('--limit', '1', '--after', 'e1', '--json'))).toMatchObject({
    messages: [],
    events: [],
  });
});

test('a message is shown as it came, with a text as text and other bytes in base 64', async () => {
  const run = await setUp();

  expect((await run('show', 'm1')).split('\n')).toEqual([
    'id          m1',
    'queue       mail',
    'set aside   2026-01-10T11:59:00.000Z (1 minute ago)',
    'reason      property message-id is missing',
    '',
    'properties',
    '  {',
    '    "type": "Send Mail",',
    '    "headers": {',
    '      "tenant": "a"',
    '    }',
    '  }',
    '',
    'body of 9 bytes',
    '  {"to": 1}',
  ]);
  expect(await run('show', 'm2')).toContain('  /xs=');
  expect(await run('show', 'e1')).toContain('    "type": "celebrated"');
});

test('with --json prints one document', async () => {
  const run = await setUp();
  const message = {
    id: 'm1',
    queue: 'mail',
    reason: 'property message-id is missing',
    at: '2026-01-10T11:59:00.000Z',
    bodyBytes: 9,
  };
  const event = { id: 'e1', reason: 'its jobId is missing', entry: { type: 'celebrated' } };

  expect(JSON.parse(await run('--json'))).toEqual({
    counts: { messages: 2, events: 1 },
    messages: [message, expect.objectContaining({ id: 'm2' })],
    events: [event],
  });
  expect(JSON.parse(await run('show', 'm1', '--json'))).toEqual({
    ...message,
    properties: PROPERTIES,
    bodyBase64: Buffer.from('{"to": 1}').toString('base64'),
  });
  expect(JSON.parse(await run('show', 'e1', '--json'))).toEqual(event);
});

test('what is discarded is gone, all of it or nothing, and only with --yes', async () => {
  const run = await setUp();

  await expect(run('discard', 'm1')).rejects.toThrow('--yes');
  await expect(run('discard', 'm1', 'e7', 'm9', '--yes')).rejects.toMatchObject({
    code: 'SET_ASIDE_NOT_FOUND',
    message: expect.stringContaining('e7, m9'),
  });
  expect(await run()).toContain('2 messages');

  expect(await run('discard', 'm1', 'e1', '--yes')).toBe('Discarded: m1, e1.');
  expect(JSON.parse(await run('discard', 'm2', '--yes', '--json'))).toEqual({ discarded: ['m2'] });
  expect(await run()).toBe('Nothing is set aside.');
});

test('an id that is none, or is not there, is refused', async () => {
  const run = await setUp();

  await expect(run('show', '12')).rejects.toThrow('such as m12 or e7');
  await expect(run('show', 'm12')).rejects.toMatchObject({ code: 'SET_ASIDE_NOT_FOUND' });
});
