import { Link } from '@tanstack/react-router';
import type { RunningJob, Worker, WorkerLoad } from '../../api/workers.ts';
import { formatAge, formatDuration } from '../../format/duration.ts';
import { formatBytes, formatCount, formatCounted, formatShare } from '../../format/number.ts';
import { Glyph } from '../../ui/text/glyph.tsx';
import { Moment } from '../../ui/text/moment.tsx';
import { Pill } from '../../ui/text/pill.tsx';

/** A worker that has not reported for so long is likely gone, in milliseconds: workers report every 10 s. */
const SILENT_AFTER_MS = 30_000;
/** An event loop with a longer delay does not answer its broker in time, in milliseconds. */
const LATE_LOOP_MS = 200;
/** How many running jobs are shown before the others are folded away. */
const SHOWN_JOBS = 5;

/** A worker: where it runs, how busy it is, and on what it works since when. */
export function WorkerCard({ worker, now }: { readonly worker: Worker; readonly now: Date }) {
  const { workerId, host, pid, version, queues, startedAt, seenAt, load } = worker;
  const isSilent = now.getTime() - seenAt.getTime() > SILENT_AFTER_MS;
  const [isBusy] = load?.running ?? [];
  return (
    <article className="card worker" aria-label={`Worker ${workerId}`}>
      <header>
        <h2>
          <Glyph look={isSilent ? 'warning' : isBusy === undefined ? 'queued' : 'running'} /> {workerId}
        </h2>
        <p className="soft">
          {host}, process {pid}, version {version}, started <Moment at={startedAt} now={now} />
        </p>
        {isSilent && <p className="late">Not seen for {formatAge(now.getTime() - seenAt.getTime())}</p>}
        <p className="worker-queues">
          {queues.map((queue) => (
            <Link key={queue} to="/queues/$queue" params={{ queue }}>
              <Pill>{queue}</Pill>
            </Link>
          ))}
        </p>
      </header>
      {load === undefined ? (
        <p className="soft">It has not reported yet.</p>
      ) : (
        <>
          <Load load={load} />
          <Running running={load.running} now={now} />
        </>
      )}
    </article>
  );
}

function Load({ load: { slots, rssBytes, cpuShare, eventLoopDelayMs } }: { readonly load: WorkerLoad }) {
  const isLate = eventLoopDelayMs > LATE_LOOP_MS;
  return (
    <dl className="worker-load">
      {slots.map(({ queue, size, busy }) => (
        <div key={queue}>
          <dt>{slots.length > 1 ? queue : 'Slots'}</dt>
          <dd>
            {formatCount(busy)} of {formatCount(size)}
          </dd>
        </div>
      ))}
      <div>
        <dt>Memory</dt>
        <dd>{formatBytes(rssBytes)}</dd>
      </div>
      <div>
        <dt>CPU</dt>
        <dd>{formatShare(cpuShare)}</dd>
      </div>
      <div>
        <dt>Loop delay</dt>
        <dd className={isLate ? 'late' : undefined}>{formatDuration(eventLoopDelayMs)}</dd>
      </div>
    </dl>
  );
}

interface RunningProps {
  readonly running: readonly RunningJob[];
  readonly now: Date;
}

function Running({ running, now }: RunningProps) {
  if (running.length === 0) return <p className="soft">No job is running.</p>;
  const oldestFirst = [...running].sort((one, other) => one.startedAt.getTime() - other.startedAt.getTime());
  const shown = oldestFirst.slice(0, SHOWN_JOBS);
  const folded = oldestFirst.slice(SHOWN_JOBS);
  return (
    <div>
      <RunningList running={shown} now={now} />
      {folded.length > 0 && (
        <details>
          <summary>{formatCounted(folded.length, 'more job')}</summary>
          <RunningList running={folded} now={now} />
        </details>
      )}
    </div>
  );
}

function RunningList({ running, now }: RunningProps) {
  return (
    <ul className="running">
      {running.map(({ jobId, kind, startedAt }) => (
        <li key={jobId}>
          <Glyph look="running" />
          <Link to="/jobs/$id" params={{ id: jobId }}>
            {kind}
          </Link>
          <code className="soft">{jobId.slice(0, 8)}</code>
          <span className="running-for">for {formatAge(now.getTime() - startedAt.getTime())}</span>
        </li>
      ))}
    </ul>
  );
}
