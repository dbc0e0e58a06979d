import * as z from 'zod';
import { moment } from './common.ts';

/** A worker process that was seen lately. */
export const workerView = z
  .strictObject({
    instanceId: z.string(),
    workerId: z.string(),
    host: z.string(),
    pid: z.int(),
    version: z.string(),
    queues: z.array(z.string()),
    kinds: z.array(z.string()),
    concurrency: z.int().nonnegative(),
    startedAt: moment,
    seenAt: moment,
    load: z
      .strictObject({
        rssBytes: z.number().nonnegative(),
        cpuShare: z.number().nonnegative().describe('Of one core.'),
        eventLoopDelayMs: z.number().nonnegative(),
        slots: z.array(z.strictObject({ queue: z.string(), size: z.int(), busy: z.int() })),
        running: z.array(
          z.strictObject({ jobId: z.uuid(), kind: z.string(), queue: z.string(), startedAt: moment }),
        ),
      })
      .optional(),
  })
  .meta({ id: 'Worker' });
/** A worker process that was seen lately. */
export type WorkerView = z.infer<typeof workerView>;

/** All workers that were seen lately, by `workerId`. */
export const workerList = z.strictObject({ workers: z.array(workerView) }).meta({ id: 'WorkerList' });
/** All workers that were seen lately. */
export type WorkerListView = z.infer<typeof workerList>;
