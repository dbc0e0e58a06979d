import {
  type AttemptRecord,
  type FilteredCount,
  type JobBodyPart,
  type JobCount,
  type JobFilter,
  type JobListRequest,
  type JobLogLine,
  type JobReader,
  type JobRecord,
  type JobSummary,
  LeveretError,
  type RecordingLag,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { FILTER_TERMS } from '@leveret/http-contract';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { addJobsCommands } from './command.ts';

const NOW = Date.UTC(2026, 0, 10, 12);
const ID = '0198c0de-1111-7222-8333-0123456789ab';

const DEAD: JobRecord = {
  id: ID,
  kind: 'mail.send',
  queue: 'mail',
  priority: 'high',
  state: 'dead',
  attempt: 3,
  maxAttempts: 3,
  settledAttempt: 3,
  createdAt: NOW - 7_200_000,
  updatedAt: NOW - 300_000,
  startedAt: NOW - 301_000,
  finishedAt: NOW - 300_000,
  payload: { to: ['ann@example.com'], text: 'x'.repeat(3_000) },
  headers: { traceparent: '00-ab-cd-01' },
  failure: {
    code: 'HANDLER_FAILED',
    errorCode: 'ECONNREFUSED',
    name: 'MailError',
    message: 'cannot send\u001b[31m',
    stack: 'at send (mail.ts:1:2)\nat run (run.ts:3:4)',
    causes: [
      {
        name: 'Error',
        code: 'ECONNREFUSED',
        message: 'connect ECONNREFUSED 127.0.0.1:25',
        stack: 'at connect (net:1)',
      },
    ],
  },
  failurePosition: { attempt: 3, phase: 'outcome', run: 0, at: NOW - 300_000 },
};
const QUEUED: JobRecord = {
  id: '0198c0de-2222-7222-8333-0123456789ab',
  kind: 'video.thumbnails',
  queue: 'video',
  state: 'queued',
  attempt: 0,
  maxAttempts: 18,
  settledAttempt: 0,
  createdAt: NOW,
  updatedAt: NOW,
};

const ATTEMPTS: readonly AttemptRecord[] = [
  {
    generation: 0,
    attempt: 2,
    startedAt: NOW - 601_000,
    endedAt: NOW - 600_000,
    outcome: 'retrying',
    queueWaitMs: 120,
    workerId: 'w1',
    host: 'box-1',
    version: '1.2',
    failure: { code: 'HANDLER_TIMEOUT', message: 'too late' },
  },
  { generation: 1, attempt: 3, startedAt: NOW - 301_000, workerId: 'w2' },
];

const LOG: readonly JobLogLine[] = Array.from({ length: 22 }, (_, index) => ({
  generation: 0,
  attempt: 2,
  number: index + 1,
  at: NOW - 600_000 + index,
  level: 'info',
  message: `line\n${index + 1}`,
  ...(index === 21 ? { level: 'warn', fields: { frame: 7, codec: 'h264' } } : {}),
}));

function toSummary(job: JobRecord): JobSummary {
  const { failure, failurePosition, payload, headers, settledAttempt, ...rest } = job;
  return { ...rest, ...(failure?.errorCode === undefined ? {} : { errorCode: failure.errorCode }) };
}

/** A ledger of these jobs, whose pages have one job each. */
class ListedJobs implements JobReader {
  readonly requests: JobListRequest[] = [];
  isClosed = false;
  lagNow: RecordingLag = { behindMs: 0, isReported: true };
  readonly #jobs: readonly JobRecord[];

  constructor(jobs: readonly JobRecord[]) {
    this.#jobs = jobs;
  }

  async get(id: string) {
    const job = this.#jobs.find((known) => known.id === id);
    return job && { job, attempts: job.state === 'dead' ? ATTEMPTS : [] };
  }

  async logLines(id: string) {
    return id === ID ? LOG : [];
  }

  async list(request: JobListRequest) {
    this.requests.push(request);
    const at = Number(request.cursor ?? 0);
    const jobs = this.#jobs.slice(at, at + 1).map(toSummary);
    return at + 1 < this.#jobs.length ? { jobs, nextCursor: String(at + 1) } : { jobs };
  }

  async count(filter: JobFilter): Promise<FilteredCount> {
    return filter.errorCode === undefined
      ? { count: 1_234, isExact: true }
      : { count: 10_000, isExact: false };
  }

  async lag() {
    return this.lagNow;
  }

  summaries(): Promise<never> {
    return expect.unreachable();
  }

  failureGroups(): Promise<never> {
    return expect.unreachable();
  }

  failureGroup(): Promise<never> {
    return expect.unreachable();
  }

  unawareWorkers(): Promise<never> {
    return expect.unreachable();
  }

  async bodyText(id: string, part: JobBodyPart) {
    const value = this.#jobs.find((known) => known.id === id)?.[part];
    return value === undefined ? undefined : JSON.stringify(value);
  }

  blobKeys(): Promise<never> {
    return expect.unreachable();
  }

  newestAttempts(): Promise<never> {
    return expect.unreachable();
  }

  tags(): Promise<never> {
    return expect.unreachable();
  }

  get setAside(): never {
    return expect.unreachable();
  }

  get activity(): never {
    return expect.unreachable();
  }

  async counts(): Promise<readonly JobCount[]> {
    return this.#jobs.map(({ queue, kind, state }, index) => ({ queue, kind, state, count: 1_000 + index }));
  }

  async close() {
    this.isClosed = true;
  }
}

interface Run {
  readonly reader: ListedJobs;
  /** The files that were opened. */
  readonly databases: readonly (string | undefined)[];
  readonly output: string;
  /** Standard error. */
  readonly told: readonly string[];
}

/** Runs `leveret jobs …`. */
async function runJobs(
  args: readonly string[],
  jobs: readonly JobRecord[] = [DEAD, QUEUED],
  lag?: RecordingLag,
): Promise<Run> {
  const reader = new ListedJobs(jobs);
  if (lag !== undefined) reader.lagNow = lag;
  const told: string[] = [];
  const databases: (string | undefined)[] = [];
  const printed: string[] = [];
  const program = new Command('leveret')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, writeOut: (text) => printed.push(text) });
  addJobsCommands(program, {
    openReader: async (database) => {
      databases.push(database);
      return reader;
    },
    clock: createManualClock(NOW),
    print: (text) => printed.push(`${text}\n`),
    terminal: { say: (text) => told.push(text) },
  });
  try {
    await program.parseAsync(['jobs', ...args], { from: 'user' });
  } catch (error) {
    if (!isHelp(error)) throw error;
  } finally {
    expect(reader.isClosed).toBe(databases.length > 0);
  }
  return { reader, databases, output: printed.join(''), told };
}

function isHelp(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'commander.helpDisplayed';
}

describe('list', () => {
  test('shows id, state, kind, queue, attempt, last update and error code of each job', async () => {
    const { output } = await runJobs(['list'], [DEAD]);

    expect(output.split('\n')).toEqual([
      'id                                    state  kind       queue  attempt  updated        error',
      `${ID}  dead   mail.send  mail   3 of 3   5 minutes ago  ECONNREFUSED`,
      '',
    ]);
  });

  test('asks for the newest 50 jobs without a filter, and for what the flags say with them', async () => {
    const plain = await runJobs(['list']);
    const flags = ['--filter', 'state:dead age:>1h', '--order', 'oldest', '--limit', '500', '--cursor', '1'];
    const given = await runJobs(['list', ...flags, '--database', 'x.db']);

    expect(plain.reader.requests).toEqual([{ filter: {}, order: 'newest-first', limit: 50 }]);
    expect(plain.databases).toEqual([undefined]);
    expect(given.reader.requests).toEqual([
      {
        filter: { states: ['dead'], created: { to: NOW - 3_600_000 } },
        order: 'oldest-first',
        limit: 500,
        cursor: '1',
      },
    ]);
    expect(given.databases).toEqual(['x.db']);
  });

  test('prints the command for the next page, with dates instead of ages, and nothing on the last page', async () => {
    const first = await runJobs([
      'list',
      '--filter',
      `error:"it's" age:>1h`,
      '--limit',
      '7',
      '--order',
      'oldest',
    ]);
    const last = await runJobs(['list', '--cursor', '1']);

    expect(first.output).toContain(
      String.raw`Next page: leveret jobs list --filter 'error:it'\''s created:<2026-01-10T11:00:00.000Z' --order oldest --limit 7 --cursor 1`,
    );
    expect(last.output).not.toContain('Next page');
  });

  test('says that there is no job', async () => {
    expect((await runJobs(['list'], [])).output).toBe('No jobs.\n');
  });

  test('with --json prints one document: jobs with ISO dates, the filter and the next cursor', async () => {
    const { output } = await runJobs(['list', '--json', '--filter', 'updated:<10m']);

    expect(JSON.parse(output)).toEqual({
      filter: 'updated:>2026-01-10T11:50:00.000Z',
      jobs: [
        {
          id: ID,
          kind: 'mail.send',
          queue: 'mail',
          priority: 'high',
          state: 'dead',
          attempt: 3,
          maxAttempts: 3,
          createdAt: '2026-01-10T10:00:00.000Z',
          updatedAt: '2026-01-10T11:55:00.000Z',
          startedAt: '2026-01-10T11:54:59.000Z',
          finishedAt: '2026-01-10T11:55:00.000Z',
          errorCode: 'ECONNREFUSED',
        },
      ],
      nextCursor: '1',
      lag: { behindMs: 0, isReported: true },
    });
  });

  test('refuses a filter before it opens the ledger', async () => {
    await expect(runJobs(['list', '--filter', 'label:eu'])).rejects.toMatchObject({ code: 'FILTER_INVALID' });
  });

  test.each([['0'], ['501'], ['1.5'], ['1e2'], ['-1'], ['many'], ['']])(
    'refuses a limit of %j',
    async (limit) => {
      await expect(runJobs(['list', '--limit', limit])).rejects.toThrow(
        'must be a whole number from 1 to 500',
      );
    },
  );

  test('closes the ledger when it cannot be read', async () => {
    const failing = new ListedJobs([]);
    failing.list = async () => {
      throw new LeveretError('CURSOR_INVALID', 'another list');
    };
    const program = new Command('leveret');
    const dependencies = {
      openReader: async () => failing,
      clock: createManualClock(NOW),
      print: () => undefined,
      terminal: { say: () => undefined },
    };
    addJobsCommands(program, dependencies);

    await expect(program.parseAsync(['jobs', 'list'], { from: 'user' })).rejects.toMatchObject({
      code: 'CURSOR_INVALID',
    });
    expect(failing.isClosed).toBe(true);
  });

  test('explains every term of a filter in its help', async () => {
    const { output } = await runJobs(['list', '--help']);

    for (const { example, meaning } of Object.values(FILTER_TERMS)) {
      expect(output).toContain(example);
      expect(output).toContain(meaning);
    }
    expect(output).toContain('Examples:');
  });
});

describe('show', () => {
  test('prints all that is known of a job, and cuts long texts', async () => {
    const { output } = await runJobs(['show', ID.toUpperCase()]);

    expect(output.split('\n')).toEqual([
      `id          ${ID}`,
      'state       dead: dead-lettered; kept until it is retried or discarded',
      'kind        mail.send',
      'queue       mail',
      'priority    high',
      'attempt     3 of 3',
      'created     2026-01-10T10:00:00.000Z (2 hours ago)',
      'updated     2026-01-10T11:55:00.000Z (5 minutes ago)',
      'started     2026-01-10T11:54:59.000Z (5 minutes ago)',
      'finished    2026-01-10T11:55:00.000Z (5 minutes ago)',
      '',
      'Attempts',
      '  generation  attempt  outcome   started         waited  took     worker  host   version  error',
      '  0           2        retrying  10 minutes ago  120 ms  1000 ms  w1      box-1  1.2      HANDLER_TIMEOUT',
      '  1           3        running   5 minutes ago                    w2',
      '',
      'Log',
      '  (2 earlier lines; --json prints all)',
      ...LOG.slice(2, 21).map(
        ({ at, number }) => `  ${new Date(at).toISOString()} info  attempt 2: line ${number}`,
      ),
      '  2026-01-10T11:50:00.021Z warn  attempt 2: line 22 frame=7 codec="h264"',
      '',
      'Failure',
      '  code        HANDLER_FAILED',
      '  error       ECONNREFUSED',
      '',
      '  MailError: cannot send [31m',
      '    at send (mail.ts:1:2)',
      '    at run (run.ts:3:4)',
      '  caused by Error ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:25',
      '    at connect (net:1)',
      '',
      'Headers',
      '  traceparent: 00-ab-cd-01',
      '',
      'Payload',
      '  {',
      '    "to": [',
      '      "ann@example.com"',
      '    ],',
      expect.stringMatching(/^ {4}"text": "x+…$/),
      expect.stringMatching(/^ {2}\(1,\d\d\d more characters; --json prints all\)$/),
      '',
    ]);
  });

  test('says which job is its parent, why there is no payload, what is redacted, and what the history policy is', async () => {
    const succeeded: JobRecord = {
      ...QUEUED,
      state: 'succeeded',
      history: 'failed',
      redact: ['card.number', 'pin'],
      parentId: ID,
    };

    const { output } = await runJobs(['show', succeeded.id], [succeeded]);
    const unknown = await runJobs(['show', QUEUED.id]);

    expect(output).toContain(`\nparent      ${ID}\n`);
    expect(output).toContain('history     failed\nredacted    card.number, pin\n');
    expect(output).toContain('Payload\n  not kept: the history policy of the job is failed\n');
    expect(unknown.output).toContain('Payload\n  not known: the ledger has only events of this job\n');
  });

  test('prints when the next attempt is due, how far a job is, where it runs, and its result', async () => {
    const waiting = await runJobs(
      ['show', QUEUED.id],
      [{ ...QUEUED, dueAt: NOW + 60_000, suspectStarts: 2 }],
    );
    const progressDetails = { done: 255, total: 1_000, text: 'page 255' };
    const running = {
      ...QUEUED,
      progress: 0.255,
      progressDetails,
      workerId: 'w1',
      runsOn: 'run-7',
      result: { pages: 3 },
    };
    const done = await runJobs(['show', QUEUED.id], [running]);

    expect(waiting.output).toContain('due         2026-01-10T12:01:00.000Z (in 1 minute)');
    expect(waiting.output).toContain('attempt     0 of 18 (2 starts without a known end)');
    expect(waiting.output).toContain('Payload\n  not known: the ledger has only events of this job\n');
    expect(done.output).toContain(
      'progress    26 % (255 of 1000): page 255\nworker      w1\ninstance    run-7\n',
    );
    expect(done.output).toContain('Result\n  {\n    "pages": 3\n  }\n');
  });

  test('with --json prints one document with all of a job', async () => {
    const { output } = await runJobs(['show', ID, '--json']);
    const { failurePosition, ...known } = DEAD;

    expect(JSON.parse(output)).toEqual({
      ...known,
      lag: { behindMs: 0, isReported: true },
      createdAt: '2026-01-10T10:00:00.000Z',
      updatedAt: '2026-01-10T11:55:00.000Z',
      startedAt: '2026-01-10T11:54:59.000Z',
      finishedAt: '2026-01-10T11:55:00.000Z',
      attempts: [
        { ...ATTEMPTS[0], startedAt: '2026-01-10T11:49:59.000Z', endedAt: '2026-01-10T11:50:00.000Z' },
        { ...ATTEMPTS[1], startedAt: '2026-01-10T11:54:59.000Z' },
      ],
      log: LOG.map((line) => ({ ...line, at: new Date(line.at).toISOString() })),
    });
  });

  test('an id that the ledger does not have is JOB_NOT_FOUND', async () => {
    await expect(runJobs(['show', '0198c0'])).rejects.toMatchObject({
      code: 'JOB_NOT_FOUND',
      message: expect.stringContaining('leveret jobs list --filter id:'),
    });
  });
});

describe('count', () => {
  test('prints a line for each queue and kind, a column for each state, and the sums', async () => {
    const running: JobRecord = { ...DEAD, state: 'running' };
    const { output } = await runJobs(['count'], [QUEUED, DEAD, running]);

    expect(output.split('\n')).toEqual([
      'queue  kind              queued  running   dead    all',
      'mail   mail.send              0    1,002  1,001  2,003',
      'video  video.thumbnails   1,000        0      0  1,000',
      'all                       1,000    1,002  1,001  3,003',
      '',
    ]);
  });

  test('says that there is no job', async () => {
    expect((await runJobs(['count'], [])).output).toBe('No jobs.\n');
  });

  test('with --json prints one document with the counts', async () => {
    const { output } = await runJobs(['count', '--json'], [QUEUED]);

    expect(JSON.parse(output)).toEqual({
      lag: { behindMs: 0, isReported: true },
      counts: [{ queue: 'video', kind: 'video.thumbnails', state: 'queued', count: 1_000 }],
    });
  });

  test('with a filter prints how many jobs it selects, or that there are over 10,000', async () => {
    const few = await runJobs(['count', '--filter', 'state:dead']);
    const many = await runJobs(['count', '--filter', 'error:ECONNREFUSED age:>1h']);
    const json = await runJobs(['count', '--json', '--filter', 'error:ECONNREFUSED age:>1h']);

    expect(few.output).toBe('1,234\n');
    expect(many.output).toBe('over 10,000\n');
    expect(JSON.parse(json.output)).toEqual({
      filter: 'error:ECONNREFUSED created:<2026-01-10T11:00:00.000Z',
      count: 10_000,
      isExact: false,
      lag: { behindMs: 0, isReported: true },
    });
  });
});

describe('how far the ledger may be behind', () => {
  const commands = [['list'], ['show', ID], ['count'], ['count', '--filter', 'state:dead']];

  test.each(commands)('%s %s says it on standard error from a second on', async (...args) => {
    const current = await runJobs(args, [DEAD], { behindMs: 1_000, isReported: true });
    const behind = await runJobs(args, [DEAD], { behindMs: 12_001, isReported: true });
    const away = await runJobs(args, [DEAD], { behindMs: 3_600_000, isReported: false });
    const unknown = await runJobs(args, [DEAD], { isReported: false });

    expect([current.told, behind.told, away.told, unknown.told]).toEqual([
      [],
      ['The ledger may be up to 13 s behind.'],
      [expect.stringMatching(/^The ledger may be up to 3,600 s behind: no recorder reports\./)],
      [expect.stringMatching(/^It is not known whether the ledger is behind: no recorder has reported\./)],
    ]);
    expect(behind.output).toBe(current.output);
  });

  test.each(commands)('%s %s says it in the document of --json alone', async (...args) => {
    const { output, told } = await runJobs([...args, '--json'], [DEAD], { isReported: false });

    expect(JSON.parse(output)).toMatchObject({ lag: { isReported: false } });
    expect(told).toEqual([]);
  });
});
