import type { JobDetailsView } from '@leveret/http-contract/admin';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { useVisits, type VisitOptions } from '../open-page.ts';
import { type Login, type RealStack, type RealStackOptions, startRealStack } from '../real-stack.ts';
import { openReports, type Reports } from './reports.ts';

/** The browser notes each answer that refuses. */
const REFUSED = /status of 401/;

/** What walks through the pages work with. */
export interface Walker {
  readonly stack: () => RealStack;
  readonly reports: () => Reports;
  /** Opens a page for the length of the test, as somebody who signs in. */
  open(path: string, login: Login, options?: VisitOptions): Promise<Page>;
  /** A job as the ledger has it, once it is as wanted. */
  jobOnce(id: string, state: JobDetailsView['job']['state']): Promise<JobDetailsView>;
}

/** Starts the whole product for the tests of a `describe` block, and a browser. */
export function useWalker(options: RealStackOptions = {}): Walker {
  const visit = useVisits();
  let running: { readonly stack: RealStack; readonly reports: Reports } | undefined;
  beforeAll(async () => {
    const stack = await startRealStack(options);
    running = { stack, reports: await openReports(stack.installation) };
  });
  afterAll(async () => {
    await running?.reports[Symbol.asyncDispose]();
    await running?.stack[Symbol.asyncDispose]();
  });
  const get = () => {
    if (running === undefined) throw new Error('the product starts before the first test, not earlier');
    return running;
  };
  const stack = () => get().stack;
  return {
    stack,
    reports: () => get().reports,
    async open(path, login, { expectedTrouble = REFUSED, ...look } = {}) {
      const page = await visit(`${stack().url}${path}`, { expectedTrouble, ...look });
      await signInOn(page, login);
      await page.getByText('Live', { exact: true }).waitFor();
      return page;
    },
    async jobOnce(id, state) {
      const read = () => stack().admin.client.get<JobDetailsView>(`/jobs/${id}`);
      await expect.poll(async () => (await read()).job.state).toBe(state);
      return await read();
    },
  };
}

/** Fills in the page that asks for name and password. */
export async function signInOn(page: Page, { name, password }: Login): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** An action with a reason. */
export interface ReasonedAction {
  /** The button that asks back. */
  readonly opens: string;
  readonly reason: string;
  /** The button that acts. */
  readonly acts: string;
}

/** Presses a button that asks back, gives a reason, and acts. @param place Where the button is, if the page has others of its name. */
export async function actOn(
  page: Page,
  { opens, reason, acts }: ReasonedAction,
  place: Page | Locator = page,
): Promise<void> {
  await place.getByRole('button', { name: opens, exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill(reason);
  await dialog.getByRole('button', { name: acts, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}
