import type { HttpClient, JobView } from '@leveret/e2e';
import type { TestSmtpServer } from '@leveret/testing';

/** What became of a load of mails. */
export interface LoadReport {
  /** Jobs that did not end as succeeded. */
  readonly failed: readonly JobView[];
  /** Mails that never arrived. */
  readonly lostCount: number;
  /** Mails that arrived more than once: allowed after a kill, and counted. */
  readonly duplicateCount: number;
  /** Highest attempt of any job: 1 when nobody was charged. */
  readonly highestAttempt: number;
}

/** Mails on their way. */
export interface MailLoad {
  /** Resolves when `count` of them have arrived. */
  arrived(count: number): Promise<void>;
  /** Waits until every job is at rest, then counts. */
  report(): Promise<LoadReport>;
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
    async report() {
      const jobs = await Promise.all(jobIds.map((id) => client.job(id)));
      const counts = new Map(addresses.map((address) => [address, 0]));
      for (const { recipients } of ofThis())
        counts.set(recipients[0] ?? '', (counts.get(recipients[0] ?? '') ?? 0) + 1);
      return {
        failed: jobs.filter(({ state }) => state !== 'succeeded'),
        lostCount: [...counts.values()].filter((times) => times === 0).length,
        duplicateCount: [...counts.values()].filter((times) => times > 1).length,
        highestAttempt: Math.max(...jobs.map(({ attempt }) => attempt)),
      };
    },
  };
}
