import { DEFAULT_PRIORITY, MAX_TIMEOUT_MS } from '@leveret/core';
import type { QueueEntity } from '../topology/entities.ts';
import { type Finding, fixOf, ok, problem, unknown, warning } from './checks.ts';
import { policiesFor } from './judge-policies.ts';
import { isAtLeast } from './judge-server.ts';
import { type JobTimeout, type Picture, type Sight, sightKey } from './picture.ts';

/** How much of the consumer timeout a job may take before somebody should know. */
const NEARLY = 0.8;

/** Judges what waits in the queues, and how long jobs may take. */
export function judgeContents(picture: Picture): readonly Finding[] {
  return [
    ...judgeUnroutable(picture),
    ...judgeLedger(picture),
    ...tellOwner(picture),
    ...judgeDeadLetters(picture),
    ...judgeTimeouts(picture),
  ];
}

function lookAt({ sights }: Picture, name: string): Extract<Sight, { state: 'there' }> | undefined {
  const sight = sights.get(sightKey({ kind: 'queue', name }));
  return sight?.state === 'there' ? sight : undefined;
}

function messages(count: number): string {
  return count === 1 ? '1 message' : `${count} messages`;
}

/** A queue that is not there is told as missing, and not here. With a ledger, recorders consume it. */
function judgeUnroutable(picture: Picture): readonly Finding[] {
  const about = picture.names.unroutable;
  const sight = lookAt(picture, about);
  if (sight === undefined) return [];
  if (sight.messageCount === 0) return [ok('unroutable', about, 'empty')];
  if (sight.consumerCount > 0) return [ok('unroutable', about, 'a recorder sets its messages aside')];
  return [
    problem('unroutable', {
      about,
      what: `${messages(sight.messageCount)} that the broker could not route, and that no recorder sets aside: no worker runs them`,
      fix: `${fixOf('unroutable')} to the exchange ${picture.names.wheelOutExchange}, or to their work queue`,
    }),
  ];
}

function judgeLedger(picture: Picture): readonly Finding[] {
  const about = picture.names.eventsQueue;
  const sight = lookAt(picture, about);
  if (sight === undefined) return [];
  if (sight.consumerCount > 0) return [ok('ledger', about, 'a recorder reads it')];
  if (sight.messageCount === 0) return [ok('ledger', about, 'nothing waits, and no recorder runs')];
  return [
    problem('ledger', {
      about,
      what: `${messages(sight.messageCount)} with events, and nobody who records them: the ledger falls behind`,
      fix: fixOf('ledger'),
    }),
  ];
}

/** Which ledger records the events: only the management API shows it. */
function tellOwner({ described, names }: Picture): readonly Finding[] {
  if (!described.known) return [];
  const claim = described.value.get(sightKey({ kind: 'exchange', name: names.ledgerClaim }));
  const owner = names.ledgerOf(String(claim?.arguments['alternate-exchange']));
  return owner === undefined
    ? []
    : [ok('ledger', names.ledgerClaim, `the events are recorded by the ledger ${owner}`)];
}

/** With a ledger, recorders consume these queues. */
function judgeDeadLetters(picture: Picture): readonly Finding[] {
  const seen = picture.queueNames.flatMap((queue) => {
    const about = picture.names.deadQueue(queue);
    const sight = lookAt(picture, about);
    return sight === undefined
      ? []
      : [{ about, count: sight.messageCount, isTaken: sight.consumerCount > 0 }];
  });
  const left = seen.filter(({ count, isTaken }) => count > 0 && !isTaken);
  if (left.length === 0 && seen.length === 0) return [];
  if (left.length === 0)
    return [ok('dead-letters', `${seen.length} queues`, 'no dead letters, or a recorder moves them')];
  return left.map(({ about, count }) =>
    warning('dead-letters', {
      about,
      what: `${count} dead ${count === 1 ? 'letter' : 'letters'} that no recorder moves into a ledger`,
      fix: 'start an API process: it moves them into the ledger. Without a ledger, read the headers leveret-failure-code and leveret-failure-message, mend the cause, then send them to their queue again',
    }),
  );
}

function judgeTimeouts(picture: Picture): readonly Finding[] {
  const verdicts = picture.queueNames.map((queue) => ({ queue, limit: consumerTimeoutOf(queue, picture) }));
  const known = verdicts.flatMap(({ queue, limit }) =>
    limit.known ? jobsOf(queue, picture).flatMap((job) => judgeTimeout(job, limit.value, picture)) : [],
  );
  const blind = verdicts.filter(({ limit }) => !limit.known);
  return [
    ...known,
    ...(blind.length === 0
      ? []
      : [
          unseenTimeouts(
            blind.map(({ queue }) => queue),
            picture,
          ),
        ]),
  ];
}

/** Jobs whose definitions are not at hand may take as long as any. */
function jobsOf(queue: string, { jobs }: Picture): readonly JobTimeout[] {
  const own = jobs.filter((job) => job.queue === queue);
  return own.length > 0 ? own : [{ kind: `any kind on ${queue}`, queue, timeoutMs: MAX_TIMEOUT_MS }];
}

/** The timeout of the work queue, in milliseconds, where a policy sets it: nobody is shown the broker's own. */
function consumerTimeoutOf(
  queue: string,
  picture: Picture,
): { known: true; value: number } | { known: false } {
  const { policies, server, expected, names } = picture;
  const entities = expected.flatMap((part) => part.entities);
  const work = entities.filter(
    (entity): entity is QueueEntity =>
      entity.kind === 'queue' &&
      names.queueOf(entity.name) === queue &&
      entity.name !== names.deadQueue(queue),
  );
  if (!policies.known || isAtLeast(server, [3, 12, 0]) !== true) return { known: false };
  const set = work.map((entity) =>
    policiesFor(entity, policies.value)
      .map(({ definition }) => definition['consumer-timeout'])
      .filter((value) => typeof value === 'number'),
  );
  if (set.length === 0 || set.some((values) => values.length === 0)) return { known: false };
  return { known: true, value: Math.min(...set.flat()) };
}

function judgeTimeout(
  { kind, queue, timeoutMs }: JobTimeout,
  limitMs: number,
  { names }: Picture,
): readonly Finding[] {
  const about = names.laneQueue(queue, DEFAULT_PRIORITY);
  const words = {
    about,
    what: `the consumer timeout is ${limitMs / 1_000} s, and ${kind} may take ${timeoutMs / 1_000} s`,
    fix: `raise consumer-timeout in the policy of ${about} above ${Math.ceil(timeoutMs / NEARLY)}`,
  };
  if (limitMs <= timeoutMs) return [problem('consumer-timeout', words)];
  if (limitMs * NEARLY < timeoutMs) return [warning('consumer-timeout', words)];
  return [ok('consumer-timeout', about, words.what)];
}

function unseenTimeouts(queues: readonly string[], picture: Picture): Finding {
  const longest = queues
    .flatMap((queue) => jobsOf(queue, picture))
    .reduce((one, other) => (other.timeoutMs > one.timeoutMs ? other : one));
  const needMs = Math.ceil(longest.timeoutMs / NEARLY);
  const policies = picture.policies.known ? 'no policy sets it' : 'policies cannot be seen';
  return unknown('consumer-timeout', {
    about: queues.map((queue) => picture.names.laneQueue(queue, DEFAULT_PRIORITY)).join(', '),
    what: `${policies}, and the broker shows its own to nobody (30 minutes unless configured); ${longest.kind} may take ${longest.timeoutMs / 1_000} s`,
    fix: `rabbitmqctl eval 'application:get_env(rabbit, consumer_timeout).' must say more than ${needMs}; from 3.12 a policy with consumer-timeout can be seen here`,
  });
}
