import type { UseQueryResult } from '@tanstack/react-query';
import type { Attempt, LogLine } from '../../api/job.ts';
import { formatDuration } from '../../format/duration.ts';
import { FailureText } from '../../parts/failures/failure-text.tsx';
import { Glyph, STATE_WORDS } from '../../ui/text/glyph.tsx';
import { Moment } from '../../ui/text/moment.tsx';
import { LogLines } from './log-lines.tsx';

interface AttemptListProps {
  /** By generation and attempt. */
  readonly attempts: readonly Attempt[];
  readonly maxAttempts: number;
  readonly log: UseQueryResult<readonly LogLine[]>;
  readonly now: Date;
}

/** Every attempt, the newest first: what came of it, its failure and its log. */
export function AttemptList({ attempts, maxAttempts, log, now }: AttemptListProps) {
  if (attempts.length === 0)
    return <p className="soft">Not started yet. It may be tried {maxAttempts} times.</p>;
  const newestFirst = attempts.toReversed();
  return (
    <>
      {log.error !== null && <p className="soft">The log could not be loaded: {log.error.message}</p>}
      <ol className="attempts">
        {newestFirst.map((attempt, index) => (
          <li key={`${attempt.generation}.${attempt.attempt}`}>
            <Glyph look={lookOf(attempt)} />
            <div>
              <AttemptHead attempt={attempt} now={now} />
              <AttemptFailure attempt={attempt} newer={newestFirst[index - 1]} />
              <LogLines lines={linesOf(attempt, log.data)} />
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}

function AttemptHead({ attempt, now }: { readonly attempt: Attempt; readonly now: Date }) {
  const { generation, startedAt, workerId, host, version } = attempt;
  const details = [
    ...(workerId === undefined ? [] : [`worker ${workerId}`]),
    ...(host === undefined || host === workerId ? [] : [`on ${host}`]),
    ...(version === undefined ? [] : [`version ${version}`]),
  ];
  return (
    <p>
      <strong>
        {generation > 0 && `Run ${generation + 1}, `}
        {generation > 0 ? 'attempt' : 'Attempt'} {attempt.attempt}
      </strong>{' '}
      {outcomeOf(attempt, now)}{' '}
      <span className="soft">
        {startedAt !== undefined && (
          <>
            <Moment at={startedAt} now={now} />
            {details.length > 0 && ', '}
          </>
        )}
        {details.join(', ')}
      </span>
    </p>
  );
}

function AttemptFailure({
  attempt: { failure },
  newer,
}: {
  readonly attempt: Attempt;
  readonly newer: Attempt | undefined;
}) {
  if (failure === undefined) return null;
  const isSame = newer?.failure?.message === failure.message && newer.failure.code === failure.code;
  if (!isSame) return <FailureText failure={failure} />;
  return (
    <details>
      <summary className="soft">The same failure</summary>
      <FailureText failure={failure} />
    </details>
  );
}

function lookOf({ outcome, failure, endedAt }: Attempt) {
  if (failure !== undefined) return 'dead';
  return outcome ?? (endedAt === undefined ? 'running' : 'queued');
}

function outcomeOf({ outcome, failure, startedAt, endedAt, runMs }: Attempt, now: Date): string {
  const hasEnded = endedAt !== undefined || outcome !== undefined || runMs !== undefined;
  if (!hasEnded)
    return startedAt === undefined ? 'has not started' : `runs for ${formatDuration(+now - +startedAt)}`;
  const word = failure !== undefined ? 'failed' : outcome === undefined ? 'ended' : endWord(outcome);
  return runMs === undefined ? word : `${word} after ${formatDuration(runMs)}`;
}

function endWord(outcome: NonNullable<Attempt['outcome']>): string {
  if (outcome === 'scheduled') return 'was snoozed';
  if (outcome === 'queued') return 'was released';
  if (outcome === 'retrying') return 'failed';
  return STATE_WORDS[outcome].toLowerCase();
}

function linesOf({ generation, attempt }: Attempt, lines: readonly LogLine[] = []): readonly LogLine[] {
  return lines.filter((line) => line.generation === generation && line.attempt === attempt);
}
