import * as z from 'zod';
import { moment, recordingLag, stateCounts } from './common.ts';
import { failureGroup } from './failures.ts';
import { queueSummary } from './queues.ts';

/** What can be wrong. */
export const FAULT_KINDS = [
  'broker-away',
  'broker-blocked',
  'ledger-away',
  'recorder-away',
  'recorder-lagging',
  'control-away',
  'control-lagging',
  'no-worker',
  'waiting-too-long',
  'kind-failing',
  'set-aside',
  'disk-low',
  'depth-differs',
] as const;

/** Something that is wrong now. */
export const fault = z
  .strictObject({
    id: z.string().describe('The same while the fault lasts: its kind and its subject.'),
    kind: z.enum(FAULT_KINDS),
    severity: z.enum(['bad', 'warn']),
    text: z.string().describe('What is wrong, as a sentence.'),
    detail: z.string().optional().describe('More: an error, a figure.'),
    since: moment,
    subject: z
      .strictObject({
        queue: z.string().optional(),
        kind: z.string().optional(),
        errorCode: z.string().optional(),
        fingerprint: z.string().optional().describe('Of the group of failures with the most jobs.'),
      })
      .describe('What it is about; the page links to it.'),
  })
  .meta({ id: 'Fault' });
/** Something that is wrong now. */
export type FaultView = z.infer<typeof fault>;

/** What is wrong now, the worst first. */
export const faultList = z
  .strictObject({ faults: z.array(fault), checkedAt: moment })
  .meta({ id: 'FaultList' });
/** What is wrong now. */
export type FaultListView = z.infer<typeof faultList>;

/** Which kinds of faults there are, for anybody: without names and texts. */
export const faultHealth = z
  .strictObject({
    status: z.enum(['ok', 'faulty']),
    faults: z
      .array(fault.pick({ kind: true, severity: true, since: true }).extend({ count: z.int().positive() }))
      .describe('By kind and severity: how many, and since when there is one.'),
    checkedAt: moment,
  })
  .meta({ id: 'FaultHealth' });
/** Which kinds of faults there are. */
export type FaultHealthView = z.infer<typeof faultHealth>;

/** Something that Leveret depends on. */
export const dependencyView = z
  .strictObject({
    name: z.enum(['broker', 'ledger', 'recorder', 'control', 'disk']),
    state: z.enum(['up', 'down', 'blocked', 'warning']),
    text: z.string(),
  })
  .meta({ id: 'Dependency' });
/** Something that Leveret depends on. */
export type DependencyView = z.infer<typeof dependencyView>;

/** Whether anything is wrong, and where jobs pile up. While the ledger is away, only faults and dependencies are there. */
export const overview = z
  .strictObject({
    at: moment,
    faults: z.array(fault),
    dependencies: z.array(dependencyView),
    ledger: z
      .strictObject({
        counts: stateCounts,
        queues: z.array(queueSummary),
        growing: z.array(failureGroup).describe('Groups of failures that grow, the fastest first.'),
        setAside: z.int().nonnegative(),
        runningOperations: z.int().nonnegative(),
        lag: recordingLag,
      })
      .optional(),
  })
  .meta({ id: 'Overview' });
/** Whether anything is wrong, and where jobs pile up. */
export type OverviewView = z.infer<typeof overview>;
