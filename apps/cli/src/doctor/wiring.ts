import {
  isNamespace,
  LeveretError,
  MAX_COUNTED_EVENTS,
  messageOf,
  NAMESPACE_FORM,
  type QueuePause,
  toKeptEventsWords,
  toSetAsideWords,
} from '@leveret/core';
import { jobCatalog } from '@leveret/jobs';
import { type Finding, fixOf, openRabbitmqDoctor, type RabbitmqDoctor } from '@leveret/rabbitmq';
import { readContents } from '@leveret/sqlite';
import { databaseFromEnvironment } from '../config.ts';

/** After so long a pause counts as forgotten, in milliseconds: a week. */
const FORGOTTEN_AFTER_MS = 7 * 86_400_000;

export type { Finding, RabbitmqDoctor, Severity } from '@leveret/rabbitmq';

/** Which broker is looked at, and what of it. */
export interface DoctorFlags {
  /** URLs of the nodes of one cluster, separated by commas. */
  readonly url?: string;
  readonly namespace: string;
  readonly managementUrl?: string;
  /** Names of queues; none for those that are found, or else those of the applications. */
  readonly queue?: readonly string[];
}

/** What `leveret init` does besides. */
export interface DoctorScope {
  /** Whether queues that nobody named are those of the applications, not those that are found. */
  readonly isForApplications: boolean;
}

/** Connects to the broker. @throws {LeveretError} `CONFIG_INVALID`, `BROKER_UNAVAILABLE`, `BROKER_REFUSED`. */
export async function openDoctor(flags: DoctorFlags, scope: DoctorScope): Promise<RabbitmqDoctor> {
  const { namespace, queue = [], managementUrl } = flags;
  if (!isNamespace(namespace))
    throw new LeveretError('CONFIG_INVALID', `--namespace must be ${NAMESPACE_FORM}`);
  const jobs = [...jobCatalog.values()].map(({ kind, queue: of, timeoutMs }) => ({
    kind,
    queue: of,
    timeoutMs,
  }));
  const queues = scope.isForApplications && queue.length === 0 ? jobs.map((job) => job.queue) : queue;
  if (managementUrl !== undefined && !hasProtocol(managementUrl, ['http:', 'https:']))
    throw new LeveretError('CONFIG_INVALID', '--management-url must be an http:// or https:// URL');
  return await openRabbitmqDoctor({
    urls: parseUrls(flags.url),
    namespace,
    ...(managementUrl === undefined ? {} : { managementUrl }),
    ...(queues.length === 0 ? {} : { queues: [...new Set(queues)] }),
    jobs,
  });
}

/**
 * Checks what the ledger in `database`, or else that of the applications, keeps apart from its jobs, whether a pause was forgotten, and whether files are deleted.
 * @param now Milliseconds since 1970.
 */
export function examineLedger(database: string | undefined, now: number): readonly Finding[] {
  let about = database ?? 'the ledger';
  try {
    about = database ?? databaseFromEnvironment();
    const { setAside, pauses, overdueBlobCount } = readContents(about, now);
    return [
      judgeUnapplied(about, setAside.events),
      judgeSetAside(about, setAside.messages),
      judgePauses(about, pauses, now),
      judgeFiles(about, overdueBlobCount),
    ];
  } catch (error) {
    const fix = 'run this where the ledger is, or name its file with --database';
    const words = { severity: 'unknown', about, what: messageOf(error), fix, canFix: false } as const;
    return [
      { check: 'unapplied', ...words },
      { check: 'set-aside', ...words },
      { check: 'pauses', ...words },
      { check: 'files', ...words },
    ];
  }
}

function judgePauses(about: string, pauses: readonly QueuePause[], now: number): Finding {
  const check = 'pauses';
  const old = pauses.filter(({ at }) => now - at >= FORGOTTEN_AFTER_MS);
  if (old.length === 0)
    return { check, severity: 'ok', about, what: 'no queue is paused for a week or longer', canFix: false };
  const words = old.map(({ queue, by, at }) => `${queue} since ${new Date(at).toISOString()} by ${by}`);
  const what = `paused: ${words.join('; ')}`;
  return { check, severity: 'warning', about, what, fix: fixOf(check), canFix: false };
}

function judgeFiles(about: string, count: number): Finding {
  const check = 'files';
  if (count === 0)
    return { check, severity: 'ok', about, what: 'files of deleted jobs are deleted', canFix: false };
  const number = count < MAX_COUNTED_EVENTS ? `${count}` : `${count} or more`;
  const what = `${number} ${count === 1 ? 'file or folder' : 'files or folders'} of deleted jobs should have been deleted over a day ago`;
  const fix = 'start an API process: it deletes them. If one runs, its log says why it does not';
  return { check, severity: 'warning', about, what, fix, canFix: false };
}

function judgeUnapplied(about: string, count: number): Finding {
  const check = 'unapplied';
  if (count === 0) return { check, severity: 'ok', about, what: 'every event is applied', canFix: false };
  const what = toKeptEventsWords(count);
  return { check, severity: 'warning', about, what, fix: fixOf(check), canFix: false };
}

function judgeSetAside(about: string, count: number): Finding {
  const check = 'set-aside';
  if (count === 0) return { check, severity: 'ok', about, what: 'no message is set aside', canFix: false };
  const what = toSetAsideWords(count);
  return { check, severity: 'warning', about, what, fix: fixOf(check), canFix: false };
}

function parseUrls(text: string | undefined): readonly string[] {
  if (text === 'embedded:')
    throw new LeveretError('CONFIG_INVALID', 'jobs are in the SQLite file: there is no RabbitMQ to look at');
  const urls = text?.split(',').map((url) => url.trim()) ?? [];
  if (urls.length > 0 && urls.every((url) => hasProtocol(url, ['amqp:', 'amqps:']))) return urls;
  throw new LeveretError(
    'CONFIG_INVALID',
    'name the RabbitMQ to look at: --url amqp://…, or LEVERET_AMQP_URL',
  );
}

function hasProtocol(text: string, protocols: readonly string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol);
}
