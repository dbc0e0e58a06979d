import {
  type Clock,
  type JobCount,
  type JobState,
  LeveretError,
  MAX_JOB_AUDIT,
  redactDetails,
} from '@leveret/core';
import type { SqlConnection } from '../file/libsql.ts';
import { ATTEMPT_COLUMNS, toAttemptRecord } from '../rows/attempt-rows.ts';
import { AUDIT_COLUMNS, toAuditEntry } from '../rows/audit-rows.ts';
import { prepareRecord } from '../rows/job-rows.ts';
import { LINE_COLUMNS, toLogLine } from '../rows/log-rows.ts';
import { createChangeQueries } from './activity/changes.ts';
import { prepareFailureTrends } from './activity/failure-trends.ts';
import { prepareOldestWaiting } from './activity/oldest-waiting.ts';
import { createRateQueries } from './activity/rates.ts';
import { atOnce } from './at-once.ts';
import { countJobs } from './count-query.ts';
import { createFailureGroups } from './failure-groups.ts';
import { prepareBodyText } from './jobs/body-text.ts';
import { prepareNewestAttempts } from './jobs/newest-attempts.ts';
import { prepareTags } from './jobs/tags.ts';
import { listJobs, prepareSummary } from './list-query.ts';
import type { Answers, Question } from './protocol.ts';
import { createRecordingLag } from './recording-lag.ts';
import type { Searched } from './search.ts';
import { createSetAsideQueries } from './set-aside.ts';
import { prepareUnawareWorkers } from './unaware-workers.ts';

/** How long a question may take, in milliseconds. */
export const ANSWER_WITHIN_MS = 2_000;

/** Answers questions, several at a time: each a step in turn. */
export interface ReaderQuestions {
  /** Takes a question. Its outcome is reported once, in a later {@link step}. */
  ask(question: Question, onOutcome: (outcome: QuestionOutcome) => void): void;
  /** Makes the next step of one question; false when no question is left. */
  step(): boolean;
}

/** What became of a question. */
export type QuestionOutcome =
  | { readonly ok: true; readonly answer: Answers[Question['kind']] }
  | { readonly ok: false; readonly error: unknown };

interface Open {
  readonly steps: Iterator<Searched, Answers[Question['kind']]>;
  readonly since: number;
  readonly onOutcome: (outcome: QuestionOutcome) => void;
}

/** Creates them over a connection of their own. */
export function createReaderQuestions(connection: SqlConnection, clock: Clock): ReaderQuestions {
  const recordOf = prepareRecord(connection);
  const readAttempts = connection.prepare(
    `SELECT ${ATTEMPT_COLUMNS.join(', ')} FROM attempt WHERE job_id = ? ORDER BY generation, attempt`,
  );
  const readUndispatched = connection.prepare('SELECT undispatched_at FROM job WHERE id = ?');
  const readAudit = connection.prepare(
    `SELECT ${AUDIT_COLUMNS}, seq FROM audit WHERE job_id = ? ORDER BY seq DESC LIMIT ${MAX_JOB_AUDIT}`,
  );
  const readLines = connection.prepare(
    `SELECT ${LINE_COLUMNS} FROM job_log WHERE job_id = ? ORDER BY generation, attempt, at, number`,
  );
  const readBlobKeys = connection.prepare('SELECT key FROM blob_ref WHERE job_id = ? ORDER BY key');
  const counters = connection.prepare('SELECT queue, kind, state, count FROM counter WHERE count > 0');
  const failureGroups = createFailureGroups(connection);
  const lag = createRecordingLag(connection, clock);
  const unawareWorkers = prepareUnawareWorkers(connection);
  const setAside = createSetAsideQueries(connection);
  const changesAfter = createChangeQueries(connection);
  const summaryOf = prepareSummary(connection);
  const ratesOf = createRateQueries(connection, clock);
  const oldestWaiting = prepareOldestWaiting(connection);
  const failureTrends = prepareFailureTrends(connection);
  const bodyText = prepareBodyText(connection);
  const newestAttempts = prepareNewestAttempts(connection);
  const tags = prepareTags(connection);
  const open: Open[] = [];

  function get(id: string): Answers['get'] {
    return atOnce(connection, () => {
      const job = recordOf(id);
      if (job === undefined) return undefined;
      const undispatchedSince = readUndispatched.get(id)?.[0];
      const audit = readAudit.all(id).map(toAuditEntry);
      return redactDetails({
        job,
        attempts: readAttempts.all(id).map(toAttemptRecord),
        ...(typeof undispatchedSince === 'number' ? { undispatchedSince } : {}),
        ...(audit.length === 0 ? {} : { audit }),
      });
    });
  }

  function counts(): readonly JobCount[] {
    return counters.all().map(([queue, kind, state, count]) => ({
      queue: String(queue),
      kind: String(kind),
      state: String(state) as JobState,
      count: Number(count),
    }));
  }

  function* stepsOf(question: Question): Generator<Searched, Answers[Question['kind']]> {
    switch (question.kind) {
      case 'get':
        return get(question.id);
      case 'log-lines':
        return readLines.all(question.id).map(toLogLine);
      case 'body-text':
        return bodyText(question.id, question.part);
      case 'blob-keys':
        return readBlobKeys.all(question.id).map(([key]) => String(key));
      case 'newest-attempts':
        return atOnce(connection, () => newestAttempts(question.ids));
      case 'failure-groups':
        return atOnce(connection, () => failureGroups.list(question.limit));
      case 'failure-group':
        return atOnce(connection, () => failureGroups.find(question.fingerprint));
      case 'count':
        return yield* countJobs(connection, question.filter);
      case 'counts':
        return counts();
      case 'tags':
        return atOnce(connection, () => tags(question.prefix, question.limit));
      case 'lag':
        return lag();
      case 'list':
        return yield* listJobs(connection, question.request);
      case 'summaries':
        return atOnce(connection, () => question.ids.flatMap(summaryOf));
      case 'unaware-workers':
        return atOnce(connection, () => unawareWorkers(question.queue, question.since));
      case 'set-aside-messages':
        return setAside.messages(question.afterSeq, question.limit);
      case 'set-aside-message':
        return setAside.message(question.seq);
      case 'unapplied-events':
        return setAside.events(question.afterSeq, question.limit);
      case 'unapplied-event':
        return setAside.event(question.seq);
      case 'set-aside-counts':
        return setAside.counts();
      case 'unroutable-of':
        return setAside.unroutableOf(question.id);
      case 'rates':
        return yield* ratesOf(question.request);
      case 'changes':
        return atOnce(connection, () => changesAfter(question.afterNumber, question.limit));
      case 'oldest-waiting':
        return atOnce(connection, () => oldestWaiting(question.now));
      case 'failure-trends':
        return atOnce(connection, () => failureTrends(question.fingerprints, question.now));
    }
  }

  /** Makes the next step of a question; returns whether it was the last. */
  function advance({ steps, since, onOutcome }: Open): boolean {
    try {
      const { done, value } = steps.next();
      if (done) onOutcome({ ok: true, answer: value });
      else if (clock.monotonic() - since > ANSWER_WITHIN_MS) throw tooBroad(value);
      return done === true;
    } catch (error) {
      onOutcome({ ok: false, error });
      return true;
    }
  }

  return {
    ask(question, onOutcome) {
      open.push({ steps: stepsOf(question), since: clock.monotonic(), onOutcome });
    },
    step() {
      const next = open.shift();
      if (next !== undefined && !advance(next)) open.push(next);
      return open.length > 0;
    },
  };
}

function tooBroad(searched: number): LeveretError {
  return new LeveretError(
    'QUERY_TOO_BROAD',
    `the search was stopped after ${ANSWER_WITHIN_MS / 1_000} s: it had looked at ${searched} jobs, and there are more`,
    { details: { searched } },
  );
}
