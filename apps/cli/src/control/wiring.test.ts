import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@leveret/core';
import { expect, onTestFinished, test } from 'vitest';
import { openControlSession } from './wiring.ts';

test('a ledger that is not there is named, and not created', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-cli-control-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'none.db');

  await expect(openControlSession(file, silentLogger, {})).rejects.toThrow(`there is no ledger ${file}`);
  expect(existsSync(file)).toBe(false);
});

test('a broker that cannot be understood is named', async () => {
  const env = { LEVERET_AMQP_URL: 'http://localhost' };

  await expect(openControlSession('none.db', silentLogger, env)).rejects.toThrow(/LEVERET_AMQP_URL: must be/);
});
