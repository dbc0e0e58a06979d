import { defineJob, type JobDefinition } from '@leveret/core';
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
