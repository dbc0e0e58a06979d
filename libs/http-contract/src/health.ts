import * as z from 'zod';
import { errorCode } from './problem.ts';

/** The process runs. */
export const liveness = z.strictObject({ status: z.literal('live') }).meta({ id: 'Liveness' });

const dependency = z.strictObject({
  state: z.enum(['up', 'down', 'blocked']),
  code: errorCode
    .optional()
    .describe('Why it is not up. The log and the admin API have the whole reason: it may name hosts.'),
});

/** Whether requests are taken on, and what they rest on. Either of broker and store is enough: a job is accepted once one has it. */
export const readiness = z
  .strictObject({
    status: z.enum(['ready', 'not-ready']),
    reason: z.string().optional().describe('Why it is not ready.'),
    dependencies: z.strictObject({
      broker: dependency,
      store: dependency,
      recorder: dependency
        .extend({ warning: z.string().optional().describe('What a person should know although it works.') })
        .optional()
        .describe(
          'What records the states of jobs, if this server does. While it is down, states are out of date.',
        ),
    }),
  })
  .meta({ id: 'Readiness' });
/** Whether requests are taken on, and what they rest on. */
export type Readiness = z.infer<typeof readiness>;
