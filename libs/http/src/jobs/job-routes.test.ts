import { defineJob, type JobDefinition, type JobRecord } from '@leveret/core';
import { type } from 'arktype';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { serveApi } from '../../fixtures/serve-api.ts';
import { exposeJob } from './public-job.ts';

const SECRET = 'hunter2-SECRET';

test.each<[string, JobDefinition['payload']]>([
  ['valibot', v.object({ password: v.number() })],
  ['arktype', type({ password: 'string.email' })],
  ['zod', z.strictObject({ name: z.string() })],
  ['a record', z.record(z.string(), z.number())],
])('neither the answer nor the log has a value that %s refused', async (_, payload) => {
  const publicJobs = new Map([['k', exposeJob(defineJob({ kind: 'k', queue: 'q', payload }))]]);
  const { url, lines } = await serveApi({ publicJobs });

  const response = await fetch(`${url}/v1/jobs/k`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ payload: { password: SECRET, [SECRET]: 'x' } }),
  });
  const answer = await response.text();

  expect(response.status).toBe(422);
  expect(answer).toContain('PAYLOAD_INVALID');
  expect(JSON.stringify(lines)).toContain('PAYLOAD_INVALID');
  expect(answer + JSON.stringify(lines)).not.toMatch(/hunter2|SECRET/);
});

test('a job is shown without the values that its definition redacts', async () => {
  const id = '01900000-0000-7000-8000-000000000001';
  const definition = defineJob({ kind: 'k', queue: 'q', payload: z.unknown(), redact: ['card'] });
  const publicJobs = new Map([['k', exposeJob(definition, { viewResult: (result) => result })]]);
  const record: JobRecord = {
    ...{ id, kind: 'k', queue: 'q', state: 'succeeded', attempt: 1, maxAttempts: 1, settledAttempt: 1 },
    ...{ createdAt: 0, updatedAt: 0, payload: { card: SECRET }, result: { card: SECRET, paid: true } },
    redact: ['card'],
  };
  const { url } = await serveApi({ publicJobs, records: new Map([[id, record]]) });

  const response = await fetch(`${url}/v1/jobs/${id}`);

  expect(await response.json()).toMatchObject({ id, result: { card: '[redacted]', paid: true } });
});
