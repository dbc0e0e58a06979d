import { createJobClient } from '@leveret/client';
import { createClosingSteps } from '@leveret/config';
import { type JobState, MAX_PAGE_JOBS, type QueueCounts, silentLogger } from '@leveret/core';
import type { Installation } from '@leveret/e2e';
import { mailSend } from '@leveret/jobs';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { createSqliteJobStore, openSqliteDatabase, openSqliteJobReader } from '@leveret/sqlite';
import type { SmtpMove, SmtpScript, TestSmtpServer } from '@leveret/testing';

/** Why a mail fails. */
export type Cause = 'lookup' | 'relay' | 'unknown';

/** What the mail server says for each cause, in the words of Postfix. Only the first is worth another attempt. */
const REPLIES: Readonly<Record<Cause, (address: string) => SmtpMove>> = {
  lookup: (address) => ({ code: 451, text: `4.3.0 <${address}>: Temporary lookup failure` }),
  relay: (address) => ({ code: 554, text: `5.7.1 <${address}>: Relay access denied` }),
  unknown: (address) => ({
    code: 550,
    text: `5.1.1 <${address}>: Recipient address rejected: User unknown in virtual mailbox table`,
  }),
};
/** Causes of ten mails that follow each other. */
const PATTERN: readonly Cause[] = [
  ...(['lookup', 'lookup', 'relay', 'lookup', 'unknown'] as const),
  ...(['lookup', 'lookup', 'lookup', 'lookup', 'relay'] as const),
];

/** A mail server that has lost its database: it finds neither its users nor the domains that it relays for. */
export const BROKEN: SmtpScript = { recipient: (address) => REPLIES[causeOf(address)](address) };
/** The same server when its database is back. Nobody has the addresses that were wrong. */
export const MENDED: SmtpScript = {
  recipient: (address) => (causeOf(address) === 'unknown' ? REPLIES.unknown(address) : 'accept'),
};

/** The domain of an address names the cause. */
function causeOf(address: string): Cause {
  const [, domain = ''] = address.split('@');
  return domain.split('.', 1)[0] as Cause;
}

/** Where the jobs of an incident are in the end. */
export interface Account {
  /** Jobs of each cause by their state in the ledger. */
  readonly states: Readonly<Record<Cause, Readonly<Partial<Record<JobState, number>>>>>;
  /** Jobs that the ledger does not have, or has besides those of the incident. */
  readonly strays: readonly string[];
  /** How many mails of each cause arrived, and how many of them more than once. */
  readonly arrived: Readonly<Record<Cause, number>>;
  readonly repeated: number;
  /** What the broker still holds of the queue. */
  readonly inBroker: Pick<QueueCounts, 'ready' | 'dead'> | undefined;
}

/** Mails that a broken server refuses. */
export interface MailIncident extends AsyncDisposable {
  /** Enqueues the mails, mixed. */
  enqueue(): Promise<void>;
  /** Looks at ledger, broker and mail server. */
  account(smtp: TestSmtpServer): Promise<Account>;
}

/**
 * Joins an installation as an application that sends mails.
 *
 * @param count How many: a multiple of ten.
 */
export async function openMailIncident(
  { dataDir, amqpUrl }: Installation,
  count: number,
): Promise<MailIncident> {
  const file = `${dataDir}/leveret.db`;
  const logger = silentLogger;
  const closing = createClosingSteps();
  const causes = new Map<string, Cause>();
  return await closing.attempt(async () => {
    const database = await openSqliteDatabase({ file, logger });
    closing.add(() => database.close());
    const store = createSqliteJobStore({ database });
    closing.add(() => store.close());
    const broker = await createRabbitmqBroker({ urls: [amqpUrl], logger });
    closing.add(() => broker.close(1_000));
    const reader = await openSqliteJobReader({ file });
    closing.add(() => reader.close());
    const client = createJobClient({ broker, store, logger });
    closing.add(() => client.close());

    async function statesById(): Promise<ReadonlyMap<string, JobState>> {
      const states = new Map<string, JobState>();
      let cursor: string | undefined;
      do {
        const page = await reader.list({
          filter: { queue: mailSend.queue },
          order: 'oldest-first',
          limit: MAX_PAGE_JOBS,
          ...(cursor === undefined ? {} : { cursor }),
        });
        for (const { id, state } of page.jobs) states.set(id, state);
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      return states;
    }

    return {
      async enqueue() {
        const mails = Array.from({ length: count }, (_, index) => {
          const cause = PATTERN[index % PATTERN.length] as Cause;
          return { cause, to: `customer-${index}@${cause}.example` };
        });
        const receipts = await client.enqueueMany(
          mailSend,
          mails.map(({ to }) => ({ to: [to], subject: 'Your invoice', text: 'It is ready.' })),
        );
        for (const [index, { id }] of receipts.entries()) causes.set(id, mails[index]?.cause as Cause);
      },
      async account(smtp) {
        const states = await statesById();
        const [inBroker] = await broker.inspect([mailSend.queue]);
        const addresses = smtp.mails().flatMap(({ recipients }) => recipients);
        return {
          states: countStates(causes, states),
          strays: [
            ...[...causes.keys()].filter((id) => !states.has(id)),
            ...[...states.keys()].filter((id) => !causes.has(id)),
          ],
          arrived: countCauses(addresses),
          repeated: addresses.length - new Set(addresses).size,
          inBroker: inBroker && { ready: inBroker.ready, dead: inBroker.dead },
        };
      },
      [Symbol.asyncDispose]: closing.run,
    };
  });
}

function countStates(
  causes: ReadonlyMap<string, Cause>,
  states: ReadonlyMap<string, JobState>,
): Account['states'] {
  const counts: Record<Cause, Partial<Record<JobState, number>>> = { lookup: {}, relay: {}, unknown: {} };
  for (const [id, cause] of causes) {
    const state = states.get(id);
    if (state !== undefined) counts[cause][state] = (counts[cause][state] ?? 0) + 1;
  }
  return counts;
}

function countCauses(addresses: readonly string[]): Account['arrived'] {
  const counts = { lookup: 0, relay: 0, unknown: 0 };
  for (const address of addresses) counts[causeOf(address)] += 1;
  return counts;
}
