import { type BlobStore, silentLogger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { startIncomingSweeper } from './incoming-sweeper.ts';

const MINUTE_MS = 60_000;

async function startSweeper(isAlone: boolean) {
  const clock = createManualClock();
  const sweeps: string[] = [];
  const blobs: Pick<BlobStore, 'sweep'> = {
    async sweep(prefix, olderThanMs) {
      sweeps.push(`${prefix} ${olderThanMs / MINUTE_MS}`);
      if (sweeps.length === 2) throw new Error('the disk is away');
      return 1;
    },
  };
  const sweeper = await startIncomingSweeper({
    blobs: blobs as BlobStore,
    clock,
    logger: silentLogger,
    isAlone,
  });
  return { clock, sweeps, sweeper };
}

test.each([
  { isAlone: true, first: 'incoming/ 0' },
  { isAlone: false, first: 'incoming/ 10' },
])(
  'alone: $isAlone, the start sweeps $first; then what is ten minutes old goes, whatever fails',
  async (given) => {
    const { clock, sweeps, sweeper } = await startSweeper(given.isAlone);

    await clock.advance(10 * MINUTE_MS);
    await sweeper.stop();
    await clock.advance(10 * MINUTE_MS);

    expect(sweeps).toEqual([given.first, 'incoming/ 10', 'incoming/ 10']);
  },
);
