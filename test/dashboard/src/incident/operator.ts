import type { Locator, Page } from 'playwright-core';
import { takePicture } from '../open-page.ts';
import type { Login } from '../real-stack.ts';
import type { Hands } from './hands.ts';
import type { Cause } from './mail-incident.ts';

/** The words of the mail server by which each group is known on the page. */
const GROUPS: Readonly<Record<Cause, RegExp>> = {
  lookup: /Temporary lookup failure/,
  relay: /Relay access denied/,
  unknown: /User unknown in virtual mailbox table/,
};

/** Why the operator does each thing: what the audit has. */
export const REASONS = {
  pause: 'The mail server has lost its database.',
  resume: 'The database is back.',
  retry: 'Relaying works again.',
  discard: 'Nobody has these addresses.',
  restore: 'Sales wants the list first.',
} as const;

/** How long it is waited for what thousands of jobs have to do, in milliseconds: machines are busy. */
const LONG_MS = 300_000;

/** Who works on the incident, and how. */
export interface OperatorOptions {
  readonly page: Page;
  readonly hands: Hands;
  /** Begins the names of pictures. */
  readonly name: string;
}

/** What an operator does on the page: each step begins where the one before has ended, and ends when the page shows what came of it. */
export class Operator {
  readonly #page: Page;
  readonly #hands: Hands;
  readonly #name: string;
  #pictureCount = 0;

  constructor({ page, hands, name }: OperatorOptions) {
    this.#page = page;
    this.#hands = hands;
    this.#name = name;
  }

  async signIn({ name, password }: Login): Promise<void> {
    await this.#hands.write(this.#page.getByLabel('Name'), name);
    await this.#hands.write(this.#page.getByLabel('Password'), password);
    await this.#hands.use(this.#page.getByRole('button', { name: 'Sign in' }));
    await this.#page.getByText('Live', { exact: true }).waitFor();
  }

  /** Resolves when the overview names the fault. */
  async notice(): Promise<void> {
    await this.#fault().waitFor();
    await this.#takePicture('overview');
  }

  /** From the fault to the stack of its cause. */
  async findCause(): Promise<void> {
    await this.#hands.use(this.#fault().getByRole('link'));
    await this.#group('lookup').locator('pre').first().waitFor();
    await this.#takePicture('cause');
  }

  async pauseQueue(): Promise<void> {
    await this.#openQueue();
    await this.#confirm('Pause…', { Reason: REASONS.pause }, 'Pause queue');
    await this.#status('Queue mail is paused.');
    await this.#page.getByText(REASONS.pause).waitFor();
    await this.#takePicture('paused');
  }

  async resumeQueue(): Promise<void> {
    await this.#openQueue();
    await this.#confirm('Resume…', { Reason: REASONS.resume }, 'Resume queue');
    await this.#status('Queue mail is resumed.');
    await this.#takePicture('resumed');
  }

  /** Resolves when the navigation counts so many dead jobs. */
  async waitUntilDead(count: string): Promise<void> {
    await this.#page.getByRole('navigation').getByText(`${count} dead jobs`).waitFor({ timeout: LONG_MS });
  }

  async openFailures(): Promise<void> {
    await this.#navigate('Failures');
    await this.#page.getByRole('list', { name: 'Groups of failures' }).waitFor();
  }

  /** Resolves when the failures are summed up so. */
  async readFailures(words: string): Promise<void> {
    await this.#page.getByText(words).waitFor();
    await this.#takePicture('failures');
  }

  /** Retries a group at a rate. */
  async retry(cause: Cause, count: string, perSecond: number): Promise<void> {
    const fields = { 'Most jobs a second': String(perSecond), Reason: REASONS.retry };
    await this.#confirm('Retry…', fields, `Retry ${count} jobs`, this.#group(cause));
    await this.#status(`Retrying ${count} jobs has started.`);
  }

  /** Watches the operation on a group while it runs, until no job of the group fails any more. */
  async watchRetry(cause: Cause): Promise<void> {
    await this.#group(cause)
      .getByText(/[1-9][\d,]* sent to run again, [\d,]+ left/)
      .waitFor();
    await this.#takePicture('draining');
    await this.seeEnd(cause);
  }

  /** Resolves when no job of a group fails any more. */
  async seeEnd(cause: Cause): Promise<void> {
    await this.#group(cause).waitFor({ state: 'detached', timeout: LONG_MS });
  }

  /** Watches the queue until nothing of it waits or runs, and so many jobs are dead and have succeeded. */
  async watchQueue(dead: string, succeeded: string): Promise<void> {
    await this.#openQueue();
    const name = new RegExp(`^mail\\.send 0 0 ${dead} \\S+ ${succeeded} `);
    await this.#page.getByRole('row', { name }).waitFor({ timeout: LONG_MS });
    await this.#takePicture('drained');
  }

  async discard(cause: Cause, count: string): Promise<void> {
    const group = this.#group(cause);
    await this.#confirm('Discard…', { Reason: REASONS.discard }, `Discard ${count} jobs`, group);
    await this.#status(`Discarding ${count} jobs has started.`);
    await this.seeEnd(cause);
    await this.#takePicture('discarded');
  }

  async undoDiscard(cause: Cause, count: string): Promise<void> {
    await this.#page.getByRole('list', { name: 'Discarded lately' }).getByText(GROUPS[cause]).waitFor();
    await this.#confirm('Undo…', { Reason: REASONS.restore }, `Restore ${count} jobs`);
    await this.#status(`Restoring ${count} jobs has started.`);
    await this.#group(cause).getByText(`${count} dead`).waitFor();
    await this.#takePicture('restored');
  }

  /** Resolves when the overview says that nothing is wrong. */
  async seeThatAllIsWell(): Promise<void> {
    await this.#navigate('Overview');
    await this.#page.getByText('Nothing is wrong.').waitFor();
    await this.#takePicture('over');
  }

  /** Resolves when the audit shows what an operator has done last. */
  async readAudit(name: string, reason: string): Promise<void> {
    await this.#navigate('Audit');
    const row = this.#page.getByRole('row').filter({ hasText: reason });
    await row.getByRole('rowheader', { name }).first().waitFor();
    await this.#takePicture('audit');
  }

  async #openQueue(): Promise<void> {
    await this.#navigate('Queues');
    await this.#hands.use(this.#page.getByRole('table').getByRole('link', { name: 'mail', exact: true }));
    await this.#page.getByRole('heading', { level: 1, name: 'mail' }).waitFor();
  }

  async #navigate(label: string): Promise<void> {
    const name = new RegExp(`^${label}\\b`);
    await this.#hands.use(this.#page.getByRole('navigation').getByRole('link', { name }));
    await this.#page.getByRole('heading', { level: 1, name: label }).waitFor();
  }

  /** Opens a dialog, fills it in and sends it. */
  async #confirm(
    opener: string,
    fields: Readonly<Record<string, string>>,
    button: string,
    within: Page | Locator = this.#page,
  ): Promise<void> {
    await this.#hands.use(within.getByRole('button', { name: opener }));
    const dialog = this.#page.getByRole('dialog');
    for (const [label, text] of Object.entries(fields))
      await this.#hands.write(dialog.getByLabel(label), text);
    await this.#takePicture(opener.replace('…', ''));
    await this.#hands.use(dialog.getByRole('button', { name: button }));
    await dialog.waitFor({ state: 'detached' });
  }

  async #status(words: string): Promise<void> {
    await this.#page.getByRole('status').getByText(words).waitFor();
  }

  #fault(): Locator {
    return this.#page
      .getByRole('list', { name: 'Faults' })
      .getByRole('listitem')
      .filter({ hasText: /mail\.send fails with MAIL_DEFERRED/ });
  }

  #group(cause: Cause): Locator {
    const heading = this.#page.getByRole('heading', { level: 2, name: GROUPS[cause] });
    return this.#page.getByRole('article').filter({ has: heading });
  }

  async #takePicture(step: string): Promise<void> {
    this.#pictureCount += 1;
    const number = String(this.#pictureCount).padStart(2, '0');
    await takePicture(this.#page, `${this.#name} ${number} ${step}`);
  }
}
