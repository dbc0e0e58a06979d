import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openJobReader } from './wiring.ts';

test('a ledger that is not there is named, with the ways to name another one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-cli-jobs-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));

  for (const file of [join(folder, 'none.db'), join(folder, 'none', 'leveret.db')]) {
    const opening = openJobReader(file);

    await expect(opening).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(opening).rejects.toThrow(`there is no ledger ${file}`);
    await expect(opening).rejects.toThrow(/--database, LEVERET_STORE_URL or LEVERET_DATA_DIR/);
  }
});
