import { defineJob, type JobDefinition } from '@leveret/core';

/** The job that faults are provoked around, on a queue of the test. It takes any payload. */
export function faultJob(queue: string): JobDefinition {
  return defineJob({
    kind: 'contract.job',
    queue,
    payload: { '~standard': { version: 1, vendor: 'faults', validate: (value: unknown) => ({ value }) } },
  });
}
