import { EventEmitter, once } from 'node:events';
import { defineJob, type JobDefinition, type JobRecord, type OnReport } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
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

const WAITING_ID = '01900000-0000-7000-8000-000000000002';

function waitingJob(state: JobRecord['state']): JobRecord {
  return {
    ...{ id: WAITING_ID, kind: 'k', queue: 'q', state, attempt: 1, maxAttempts: 1, settledAttempt: 1 },
    ...{ createdAt: 0, updatedAt: 0 },
  };
}

/** An API over one job, whose end a test reports. */
async function serveWaiting() {
  const records = new Map([[WAITING_ID, waitingJob('queued')]]);
  const clock = createManualClock();
  const followers = new EventEmitter();
  const followed = once(followers, 'follow').then(([onReport]) => onReport as OnReport);
  const ended = once(followers, 'end');
  const changes = {
    follow(onReport: OnReport) {
      followers.emit('follow', onReport);
      return () => void followers.emit('end');
    },
    since: () => expect.unreachable(),
  };
  const api = await serveApi({ records, clock, changes });
  return { ...api, records, clock, followed, ended };
}

test('a client that waits is answered when the job has ended', async () => {
  const { url, records, followed } = await serveWaiting();
  const response = fetch(`${url}/v1/jobs/${WAITING_ID}?wait=20`);
  const report = await followed;
  records.set(WAITING_ID, waitingJob('succeeded'));
  await report({ jobIds: [WAITING_ID], number: 1, isGap: false });

  expect(await (await response).json()).toMatchObject({ id: WAITING_ID, state: 'succeeded' });
});

test('waiting ends when the client goes away, and when the server stops', async () => {
  const gone = await serveWaiting();
  const aborting = new AbortController();
  const aborted = fetch(`${gone.url}/v1/jobs/${WAITING_ID}?wait=20`, { signal: aborting.signal });
  await gone.followed;
  aborting.abort();
  await expect(aborted).rejects.toThrow();
  await gone.ended;

  const stopping = await serveWaiting();
  const response = fetch(`${stopping.url}/v1/jobs/${WAITING_ID}?wait=20`);
  await stopping.followed;
  await stopping.app.close();
  expect(await (await response).json()).toMatchObject({ state: 'queued' });
});

test.each(['61', '-1', '1.5', 'long'])('waiting for %s seconds is refused', async (wait) => {
  const { url } = await serveWaiting();
  const response = await fetch(`${url}/v1/jobs/${WAITING_ID}?wait=${wait}`);

  expect(response.status).toBe(422);
});
