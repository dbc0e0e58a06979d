import type { FailureGroup, FailureTrends, JobDetails, JobReader, RecordingLag } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addFailuresCommands } from './command.ts';

const NOW = Date.UTC(2026, 0, 10, 12);
const ID = '0198c0de-1111-7222-8333-0123456789ab';
const FINGERPRINT = '9f2c41d07ab3e856';

const GROUP: FailureGroup = {
  fingerprint: FINGERPRINT,
  errorCode: 'ECONNREFUSED',
  retrying: 9_998,
  dead: 2,
  firstSeenAt: NOW - 7_200_000,
  lastSeenAt: NOW - 60_000,
  kinds: ['mail.digest', 'mail.send'],
  versions: ['1.4', '1.3', '1.2', '1.1'].map((version, index) => ({
    version,
    firstSeenAt: NOW - (index + 1) * 3_600_000,
  })),
  sample: { jobId: ID, message: `connect ECONNREFUSED\u001b[31m ${'x'.repeat(100)}` },
};

const DETAILS: JobDetails = {
  job: {
    id: ID,
    kind: 'mail.send',
    queue: 'mail',
    state: 'retrying',
    attempt: 1,
    maxAttempts: 18,
    settledAttempt: 1,
    createdAt: NOW,
    updatedAt: NOW,
    failure: {
      code: 'HANDLER_FAILED',
      errorCode: 'ECONNREFUSED',
      message: 'connect',
      stack: 'at send (mail.ts:1:2)',
    },
  },
  attempts: [],
};

/** A day in slices of half an hour, of which these are the newest. */
function trendsOf(...newest: readonly number[]): FailureTrends {
  const failures = [...Array.from({ length: 48 - newest.length }, () => 0), ...newest];
  return {
    since: NOW - 86_400_000,
    sliceMs: 1_800_000,
    trends: [{ fingerprint: FINGERPRINT, failures, newJobs: 3 }],
  };
}

const LAG: RecordingLag = { behindMs: 1_000, isReported: true };

/** Runs `leveret failures …` with these groups; returns what it prints. */
async function runFailures(
  args: readonly string[],
  groups: readonly FailureGroup[] = [GROUP],
  trends: FailureTrends = trendsOf(7, 500, 400, 700, 500),
): Promise<string> {
  const printed: string[] = [];
  let isClosed = false;
  const reader: Partial<JobReader> = {
    failureGroups: async (limit) => groups.slice(0, limit),
    failureGroup: async (fingerprint) => groups.find((group) => group.fingerprint === fingerprint),
    get: async (id) => (id === ID ? DETAILS : undefined),
    activity: { failureTrends: async () => trends } as unknown as JobReader['activity'],
    lag: async () => LAG,
    close: async () => {
      isClosed = true;
    },
  };
  const program = new Command('leveret').exitOverride().configureOutput({ writeErr: () => undefined });
  addFailuresCommands(program, {
    openReader: async () => reader as JobReader,
    openStore: () => Promise.reject(new Error('nothing is changed')),
    clock: createManualClock(NOW),
    print: (text) => printed.push(text),
    terminal: { say: (text) => printed.push(`told: ${text}`) },
  });
  try {
    await program.parseAsync(['failures', ...args], { from: 'user' });
  } finally {
    expect(isClosed).toBe(args[2] !== 'many');
  }
  return printed.join('\n');
}

test('groups are listed with their counts, and a message in one line that is not too long', async () => {
  const [head = '', row = ''] = (await runFailures(['groups'])).split('\n');

  expect(head.split(/ {2,}/)).toEqual([
    ...[
      'fingerprint',
      'retrying',
      'dead',
      'last hour',
      'last seen',
      'first seen',
      'error',
      'kinds',
      'versions',
      'message',
    ],
  ]);
  expect(row.split(/ {2,}/)).toEqual([
    ...[FINGERPRINT, '9,998', '2', '1,200 (up)', '1 minute ago', '2 hours ago', 'ECONNREFUSED'],
    'mail.digest, mail.send',
    '1.4, 1.3, 1.2, …',
    expect.stringMatching(/^connect ECONNREFUSED \[31m x+…$/),
  ]);
  expect(await runFailures(['groups'], [])).toBe('No retrying or dead jobs.');
});

test('a group is shown with its newest failure', async () => {
  expect((await runFailures(['show', FINGERPRINT.toUpperCase()])).split('\n')).toEqual([
    `fingerprint  ${FINGERPRINT}`,
    'error        ECONNREFUSED',
    'retrying     9,998',
    'dead         2',
    'last hour    1,200 (up)',
    'first seen   2026-01-10T10:00:00.000Z (2 hours ago)',
    'last seen    2026-01-10T11:59:00.000Z (1 minute ago)',
    'kinds        mail.digest, mail.send',
    'versions     1.4 (first 1 hour ago), 1.3 (first 2 hours ago), 1.2 (first 3 hours ago), 1.1 (first 4 hours ago)',
    `sample       ${ID}`,
    '',
    'code        HANDLER_FAILED',
    'error       ECONNREFUSED',
    '',
    'connect',
    '  at send (mail.ts:1:2)',
  ]);
});

test.each([
  { newest: [5, 5, 5, 5], words: '10' },
  { newest: [5, 5, 0, 1], words: '1 (down)' },
  { newest: [0, 0, 0, 1], words: '1 (up)' },
  { newest: [5, 0, 0, 0, 0], words: '0' },
])('of half hours with $newest failures the last two are "$words"', async ({ newest, words }) => {
  const output = await runFailures(['show', FINGERPRINT], [GROUP], trendsOf(...newest));

  expect(output.split('\n')).toContain(`last hour    ${words}`);
});

test('of a sample that has changed since, no failure is shown', async () => {
  const output = await runFailures(['show', FINGERPRINT], [{ ...GROUP, sample: { jobId: ID } }]);

  expect(output).toContain(`sample       ${ID}`);
  expect(output).not.toContain('HANDLER_FAILED');
});

test('with --json prints one document with ISO dates', async () => {
  const shown = {
    ...GROUP,
    firstSeenAt: '2026-01-10T10:00:00.000Z',
    lastSeenAt: '2026-01-10T11:59:00.000Z',
    versions: ['1.4', '1.3', '1.2', '1.1'].map((version, index) => ({
      version,
      firstSeenAt: `2026-01-10T${String(11 - index).padStart(2, '0')}:00:00.000Z`,
    })),
    newJobs: 3,
    trend: {
      since: '2026-01-09T12:00:00.000Z',
      sliceMs: 1_800_000,
      failures: [...Array.from({ length: 43 }, () => 0), 7, 500, 400, 700, 500],
    },
  };

  expect(JSON.parse(await runFailures(['groups', '--json']))).toEqual({ groups: [shown], lag: LAG });
  expect(JSON.parse(await runFailures(['show', FINGERPRINT, '--json']))).toEqual({
    ...shown,
    failure: DETAILS.job.failure,
    lag: LAG,
  });
});

test('a fingerprint with which no job failed is FAILURE_GROUP_NOT_FOUND, and a limit out of bounds is refused', async () => {
  await expect(runFailures(['show', 'none'])).rejects.toMatchObject({ code: 'FAILURE_GROUP_NOT_FOUND' });
  await expect(runFailures(['groups', '--limit', 'many'])).rejects.toThrow(
    'must be a whole number from 1 to 500',
  );
});
