import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteDatabase } from '@leveret/sqlite';
import { Command } from 'commander';
import { expect, onTestFinished, test, vi } from 'vitest';
import { databaseFromEnvironment } from '../config.ts';
import { addBackupCommand } from './command.ts';

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-cli-backup-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function runBackup(...args: readonly string[]): Promise<unknown> {
  const program = new Command();
  addBackupCommand(program);
  return program.parseAsync(['backup', ...args], { from: 'user' });
}

test('a backup tells where the copy is and how large, and is refused when the copy exists', async () => {
  const folder = await freshFolder();
  const file = join(folder, 'leveret.db');
  const database = await openSqliteDatabase({ file });
  onTestFinished(() => database.close());
  const printed: string[] = [];
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  onTestFinished(() => out.mockRestore());
  const to = join(folder, 'copy.db');

  await runBackup(to, '--database', file);
  await expect(runBackup(to, '--database', file)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });

  expect(printed.join('')).toMatch(/copy\.db: 0\.\d MB, checked, in \d+\.\d s/);
});

test('a database that is not there is named, with the way to name another one', async () => {
  const file = join(await freshFolder(), 'none.db');

  await expect(runBackup(`${file}.copy`, '--database', file)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('--database'),
  });
});

test('the database is that of LEVERET_STORE_URL, or else the one in the data folder', () => {
  expect(databaseFromEnvironment({ LEVERET_STORE_URL: 'sqlite:./x.db' })).toBe('./x.db');
  expect(databaseFromEnvironment({ LEVERET_DATA_DIR: '/var/data' })).toBe('/var/data/leveret.db');
  expect(databaseFromEnvironment({})).toBe('data/leveret.db');
});
