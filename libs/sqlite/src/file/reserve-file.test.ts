import { existsSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshFolder } from '../../fixtures/temporary-database.ts';
import { createReserveFile } from './reserve-file.ts';

const MIB = 1024 * 1024;

async function setUp(freeBytes: number) {
  const path = join(await freshFolder(), 'reserve');
  const room = { freeBytes, totalBytes: 100 * MIB };
  return { path, room, open: () => createReserveFile(path, () => room) };
}

test('2 MiB are kept once there is room for them, and also where less was written before', async () => {
  const { path, open } = await setUp(50 * MIB);
  await writeFile(path, 'cut off');
  const file = open();

  file.keep(2 * MIB - 1);
  const before = (await stat(path)).size;
  file.keep(2 * MIB);

  expect([before, (await stat(path)).size]).toEqual([7, 2 * MIB]);
});

test('they are given up for a start on a disk that has less, and kept again when there is room', async () => {
  const { path, room, open } = await setUp(50 * MIB);
  open().keep(2 * MIB);

  const second = open();
  second.release();
  const whileThereIsRoom = existsSync(path);
  room.freeBytes = 2 * MIB - 1;
  second.release();
  const whileThereIsNone = existsSync(path);
  second.keep(2 * MIB);

  expect([whileThereIsRoom, whileThereIsNone, existsSync(path)]).toEqual([true, false, true]);
});

test('where it cannot be made, nothing else suffers', async () => {
  const { path } = await setUp(0);
  const file = createReserveFile(join(path, 'in', 'no', 'folder'), () => ({ freeBytes: 0, totalBytes: MIB }));

  file.keep(2 * MIB);
  file.release();

  expect(file.isTooLittle()).toBe(true);
});
