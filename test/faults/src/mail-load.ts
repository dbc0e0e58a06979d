import type { HttpClient, JobView } from '@leveret/e2e';
import type { TestSmtpServer } from '@leveret/testing';
import type { RunLog } from './run-log.ts';

/** A mail that arrived was sent by a worker; which one, it does not tell. */
const WORKER = 'worker';

/** What became of a load of mails. */
export interface LoadReport {
  /** Jobs that did not end as succeeded. */
  readonly failed: readonly JobView[];
  /** Mails that never arrived. */
  readonly lostCount: number;
  /** Highest attempt of any job: 1 when nobody was charged. */
  readonly highestAttempt: number;
}

/** Mails on their way. */
export interface MailLoad {
  /** Resolves when `count` of them have arrived. */
  arrived(count: number): Promise<void>;
  /** Waits until every job is at rest, then counts, and notes each arrival in `runs`. */
  report(runs: RunLog): Promise<LoadReport>;
}

/** Asks the API for `count` mails, to addresses that nobody else uses. */
export async function requestMails(
  client: HttpClient,
  smtp: TestSmtpServer,
  name: string,
  count: number,
): Promise<MailLoad> {
  const addresses = Array.from({ length: count }, (_, index) => `${name}-${index}@example.com`);
  const jobIds = await Promise.all(
    addresses.map(async (address) => {
      const response = await client.postMail([address], `Mail for ${address}`);
      if (response.status !== 202) throw new Error(`refused: ${await response.text()}`);
      return ((await response.json()) as { readonly jobId: string }).jobId;
    }),
  );
  const ofThis = () => smtp.mails().filter(({ recipients }) => recipients[0]?.startsWith(`${name}-`));
  return {
    async arrived(wanted) {
      while (ofThis().length < wanted) await smtp.nextMail();
    },
    async report(runs) {
      const jobs = await Promise.all(jobIds.map((id) => client.job(id)));
      const missing = new Set(addresses);
      for (const { recipients, receivedAt } of ofThis()) {
        const [address = ''] = recipients;
        missing.delete(address);
        // With the mail, nearly everything is done: what is left is to acknowledge its job.
        runs.started({ id: address, attempt: 1 }, WORKER, { at: receivedAt });
        runs.ended({ id: address, attempt: 1 }, WORKER, receivedAt);
      }
      return {
        failed: jobs.filter(({ state }) => state !== 'succeeded'),
        lostCount: missing.size,
        highestAttempt: Math.max(...jobs.map(({ attempt }) => attempt)),
      };
    },
  };
}
