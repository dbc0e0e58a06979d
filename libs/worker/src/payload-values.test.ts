import { inspect } from 'node:util';
import {
  defineJob,
  type JobDefinition,
  type LogFields,
  type Logger,
  silentLogger,
  systemClock,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { type } from 'arktype';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createBrokerDouble, createDelivery } from '../fixtures/broker-double.ts';
import { createChildPool } from './child/child-pool.ts';
import type { Execution } from './handler/executor.ts';
import { handle } from './handler/registration.ts';
import { createWorker } from './worker.ts';

const SECRET = 'hunter2-SECRET';

/** Keeps everything that is logged. */
function createCollector() {
  const lines: unknown[] = [];
  const keep = (fields: LogFields, message: string) => void lines.push([message, fields]);
  const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep, child: () => logger };
  return { logger, lines };
}

/** All that a worker says and writes about a job whose payload is `body`. */
async function tracesOf(payload: JobDefinition['payload'], body: string) {
  const { broker, consumers, events } = createBrokerDouble();
  const { logger, lines } = createCollector();
  const definition = defineJob({ kind: 'k', queue: 'q', payload });
  const handlers = [handle(definition, async () => undefined)];
  const worker = createWorker({ broker, handlers, events: true, clock: createManualClock(), logger });
  await worker.start();
  const { delivery, fate } = createDelivery('a', { body: new TextEncoder().encode(body) });
  consumers.at(-1)?.onDelivery(delivery);
  await worker.stop(0);
  const { failure } = (fate() as { settled: { successor: { failure: object } } }).settled.successor;
  return {
    failure,
    all: inspect([lines, events, { ...(fate() as object), body: null }, failure], { depth: 9 }),
  };
}

test.each<[string, JobDefinition['payload']]>([
  ['valibot', v.object({ password: v.number() })],
  ['arktype', type({ password: 'string.email' })],
  ['zod', z.strictObject({ name: z.string() })],
  ['a record', z.record(z.string(), z.number())],
])('no log line, event or dead letter has a value that %s refused', async (_, schema) => {
  const { failure, all } = await tracesOf(schema, JSON.stringify({ password: SECRET, [SECRET]: 'x' }));

  expect(failure).toMatchObject({ code: 'PAYLOAD_INVALID' });
  expect(all).toContain('PAYLOAD_INVALID');
  expect(all).not.toMatch(/hunter2|SECRET/);
});

test('no log line, event or dead letter has a part of a body that is not JSON', async () => {
  const { failure, all } = await tracesOf(z.unknown(), SECRET);

  expect(failure).toMatchObject({ code: 'MESSAGE_UNDECODABLE', message: 'the payload is not JSON in UTF-8' });
  expect(all).not.toMatch(/hunter2|SECRET/);
});

/** Has a handler in a child process enqueue `payload`. */
async function enqueueInChild(payload: unknown) {
  const enqueued: unknown[] = [];
  const pool = createChildPool({ clock: systemClock, logger: silentLogger });
  const module = new URL('../fixtures/handlers.ts', import.meta.url).href;
  const execute = pool.executor({ module, factory: 'createFixture', options: 'enqueuesPayload' });
  const execution: Execution = {
    payload,
    job: { id: 'a', kind: 'k', queue: 'q', attempt: 1, maxAttempts: 1, createdAt: 0, headers: {} },
    signal: new AbortController().signal,
    log: silentLogger,
    progress: () => undefined,
    enqueue: async (_definition: unknown, child: unknown) => {
      enqueued.push(child);
      return 'child-id';
    },
  };
  const outcome = await execute(execution);
  await pool.close();
  return { outcome, enqueued };
}

test('a child process sends what its schema keeps, and tells nothing of what its schema refuses', async () => {
  const kept = await enqueueInChild({ n: 1, password: SECRET });
  const refused = await enqueueInChild({ n: SECRET });

  expect(kept.enqueued).toEqual([{ n: 1 }]);
  expect(refused.enqueued).toEqual([]);
  expect(refused.outcome).toMatchObject({
    failure: { code: 'PAYLOAD_INVALID', message: 'n: expected a number' },
  });
  expect(inspect(refused.outcome, { depth: 9 })).not.toMatch(/hunter2|SECRET/);
});
