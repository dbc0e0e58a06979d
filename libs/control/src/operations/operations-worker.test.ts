import { LeveretError, type Logger, type OperationRecord, silentLogger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import type { Operations } from './operations.ts';
import { startOperationsWorker } from './operations-worker.ts';

const operation: OperationRecord = {
  ...{ id: 'o', action: 'cancel', selection: 'all', by: 'ann', state: 'done', createdAt: 1 },
  ...{ total: 1, done: 1, skipped: 0, failed: 0, unaware: [] },
};

test('while the ledger is away, it is asked again every five seconds, and then the operation goes on', async () => {
  const clock = createManualClock();
  const lines: string[] = [];
  const note = (fields: object, words: string) => void lines.push(`${words} ${JSON.stringify(fields)}`);
  const logger: Logger = { ...silentLogger, info: note, warn: note };
  const ledger = { isUp: false };
  const operations: Partial<Operations> = {
    async workNext() {
      if (!ledger.isUp) throw new LeveretError('STORE_UNAVAILABLE', 'away');
      return operation;
    },
  };
  const worker = startOperationsWorker({ operations: operations as Operations, clock, logger });

  await clock.advance(9_000);
  ledger.isUp = true;
  await clock.advance(1_000);
  await worker.stop();

  expect(lines).toEqual([
    expect.stringMatching(/^cannot work on operations: will try again .*away/),
    expect.stringMatching(/^cannot work on operations: will try again/),
    expect.stringMatching(/^worked on an operation .*"operationId":"o"/),
  ]);
  expect(clock.pending()).toBe(0);
});
