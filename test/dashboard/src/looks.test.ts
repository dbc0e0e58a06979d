import { describeInBrowser, objectionsTo, overflowOf } from '@leveret/browser';
import {
  type Answers,
  firstRunAnswer,
  jobDetailsAnswer,
  ledgerAwayAnswer,
  MAIL_FAILURES,
  MAIL_PAYLOAD,
  NEVER,
  RETRYING_JOB,
  RUNNING_OPERATION,
  refusal,
  sessionOf,
  thumbnailsAnswer,
} from '@leveret/dashboard/fixtures';
import { expect, test } from 'vitest';
import { type OpenPage, takePicture, takesPictures, useBrowser } from './open-page.ts';

/** A page in one state. */
interface Look {
  readonly name: string;
  readonly path: string;
  readonly answers?: Answers;
  /** Brings the state about, once the page is open. */
  readonly act?: (open: OpenPage) => Promise<unknown>;
  /** Words that are there once the page is in this state. */
  readonly words: string | RegExp;
  readonly expectedTrouble?: RegExp;
}

const REFUSED = /status of (401|403|404|500|503)/;
const FORBIDDEN = refusal('FORBIDDEN', 'viewer may not use jobs:read: an admin can change the role');
const BROKEN = refusal('INTERNAL', 'an error of the server: find the request by its id in the log');

const LOOKS: readonly Look[] = [
  {
    name: 'sign-in',
    path: '/sign-in',
    words: 'Sign in to Leveret',
  },
  { name: 'overview', path: '', words: 'Queue reports has 318 jobs and no worker.' },
  {
    name: 'overview, first run',
    path: '',
    answers: { 'GET /overview': firstRunAnswer },
    words: 'There is no queue yet.',
  },
  {
    name: 'overview, loading',
    path: '',
    answers: { 'GET /overview': NEVER },
    words: 'Loading the overview …',
  },
  {
    name: 'overview, ledger away',
    path: '',
    answers: { 'GET /overview': ledgerAwayAnswer },
    words: 'The ledger does not answer.',
  },
  {
    name: 'overview, failed',
    path: '',
    answers: { 'GET /overview': BROKEN },
    words: 'Leveret could not load the overview.',
    expectedTrouble: REFUSED,
  },
  {
    name: 'overview, no permission',
    path: '',
    answers: { 'GET /overview': FORBIDDEN },
    words: 'Your account may not see the overview.',
    expectedTrouble: REFUSED,
  },
  {
    name: 'overview, stale',
    path: '',
    act: async ({ page, server }) => {
      await page.getByText('Live', { exact: true }).waitFor();
      server.cutStreams();
    },
    words: 'Live updates stopped.',
    expectedTrouble: /status of 503|ERR_/,
  },
  {
    name: 'user menu',
    path: '',
    act: ({ page }) => page.getByRole('button', { name: 'admin' }).click(),
    words: 'Sign out',
  },
  {
    name: 'commands',
    path: '',
    act: async ({ page }) => {
      await page.getByRole('navigation').getByRole('link', { name: 'Audit' }).waitFor({ state: 'attached' });
      await page.keyboard.press('Control+K');
    },
    words: 'Resume queue invoices…',
  },
  {
    name: 'commands, nothing fits',
    path: '',
    act: async ({ page }) => {
      await page.getByRole('navigation').getByRole('link', { name: 'Audit' }).waitFor({ state: 'attached' });
      await page.keyboard.press('Control+K');
      await page.getByRole('combobox', { name: 'Command' }).fill('nothing of the kind');
    },
    words: 'Nothing fits.',
  },
  {
    name: 'changing the password',
    path: '',
    answers: { 'POST /session/password': refusal('PASSWORD_WRONG', 'the old password is wrong') },
    act: async ({ page }) => {
      await page.getByRole('button', { name: 'admin' }).click();
      await page.getByRole('button', { name: 'Change password…' }).click();
      await page.getByLabel('Password now').fill('a wrong password');
      await page.getByLabel('New password', { exact: true }).fill('a new password');
      await page.getByLabel('New password again').fill('a new password');
      await page.getByRole('button', { name: 'Change password', exact: true }).click();
    },
    words: 'the old password is wrong',
    expectedTrouble: REFUSED,
  },
  { name: 'jobs', path: '/jobs?filter=queue:mail%20kind:mail.*', words: '0198c0de…c3f2' },
  {
    name: 'jobs, completing a filter',
    path: '/jobs',
    act: ({ page }) => page.getByRole('combobox', { name: 'Filter' }).fill('k'),
    words: 'of this queue',
  },
  {
    name: 'jobs, wrong filter',
    path: '/jobs?filter=queue:mail%20nonsense:1',
    words: 'At character 12:',
  },
  {
    name: 'jobs, too broad',
    path: '/jobs?filter=error:rare',
    answers: {
      'GET /jobs': refusal('QUERY_TOO_BROAD', 'the search read 40,000 jobs in 2 s and was stopped'),
      'GET /jobs/count': refusal('QUERY_TOO_BROAD', 'the search read 40,000 jobs in 2 s and was stopped'),
    },
    words: 'Narrow your search.',
    expectedTrouble: /status of 422/,
  },
  {
    name: 'jobs, none',
    path: '/jobs',
    answers: { 'GET /jobs': () => ({ jobs: [], lag: { isReported: true } }) },
    words: 'There is no job yet.',
  },
  { name: 'jobs, loading', path: '/jobs', answers: { 'GET /jobs': NEVER }, words: 'Loading the jobs …' },
  {
    name: 'jobs, failed',
    path: '/jobs',
    answers: { 'GET /jobs': BROKEN },
    words: 'Leveret could not load the jobs.',
    expectedTrouble: REFUSED,
  },
  {
    name: 'jobs, retrying all that match',
    path: '/jobs?filter=state:dead',
    async act({ page }) {
      await page.getByRole('checkbox', { name: 'shown' }).check();
      await page.getByRole('button', { name: 'Select all 2,310 that match' }).click();
      await page.getByRole('button', { name: 'Retry…' }).click();
    },
    words: 'They run again',
  },
  { name: 'job', path: `/jobs/${RETRYING_JOB}`, words: 'The same failure' },
  {
    name: 'job, log and timeline unfolded',
    path: `/jobs/${RETRYING_JOB}`,
    async act({ page }) {
      await page.getByText('2 log lines').click();
      await page.getByText('As a list').click();
    },
    words: 'the connection was refused',
  },
  {
    name: 'job, an email',
    path: `/jobs/${RETRYING_JOB}`,
    answers: { 'GET /jobs/:id/payload': () => MAIL_PAYLOAD },
    act: ({ page }) => page.getByText('HTML, as source').click(),
    words: '<script>alert(1)</script>',
  },
  {
    name: 'job, pictures',
    path: `/jobs/${RETRYING_JOB}`,
    answers: { 'GET /jobs/:id/pictures': thumbnailsAnswer },
    act: ({ page }) =>
      expect
        .poll(() => page.evaluate("[...document.querySelectorAll('img')].map((one) => one.naturalWidth)"))
        .toEqual([1_280, 640, 320]),
    words: '320.png',
  },
  {
    name: 'job, pictures failed',
    path: `/jobs/${RETRYING_JOB}`,
    answers: { 'GET /jobs/:id/pictures': refusal('STORAGE_UNAVAILABLE', 'the storage does not answer') },
    words: 'Leveret could not load the pictures.',
    expectedTrouble: REFUSED,
  },
  {
    name: 'job, children failed',
    path: `/jobs/${RETRYING_JOB}`,
    answers: { 'GET /jobs': BROKEN },
    words: 'Leveret could not load the jobs it enqueued.',
    expectedTrouble: REFUSED,
  },
  {
    name: 'job, running',
    path: `/jobs/${RETRYING_JOB}`,
    answers: {
      'GET /jobs/:id': (asked) => {
        const details = jobDetailsAnswer(asked);
        const progress = { fraction: 0.42, done: 42, total: 100, text: 'frame 42' };
        return { ...details, job: { ...details.job, state: 'running', progress } };
      },
    },
    words: 'frame 42',
  },
  {
    name: 'job, not started, without permission to read payloads',
    path: `/jobs/${RETRYING_JOB}`,
    answers: {
      'GET /session': () => sessionOf('viewer'),
      'GET /jobs/:id': (asked) => {
        const details = jobDetailsAnswer(asked);
        return { ...details, job: { ...details.job, state: 'queued', attempt: 0 }, attempts: [], audit: [] };
      },
    },
    words: 'Your account lacks payloads:read',
  },
  {
    name: 'job, unknown',
    path: `/jobs/${RETRYING_JOB}`,
    answers: { 'GET /jobs/:id': refusal('JOB_NOT_FOUND', 'no job has this id') },
    words: 'The ledger has no job with this id.',
    expectedTrouble: REFUSED,
  },
  {
    name: 'job, loading',
    path: `/jobs/${RETRYING_JOB}`,
    answers: { 'GET /jobs/:id': NEVER },
    words: 'Loading the job …',
  },
  {
    name: 'job, failed',
    path: `/jobs/${RETRYING_JOB}`,
    answers: { 'GET /jobs/:id': BROKEN },
    words: 'Leveret could not load the job.',
    expectedTrouble: REFUSED,
  },
  {
    name: 'job, copying by hand',
    path: `/jobs/${RETRYING_JOB}`,
    act: async ({ page }) => {
      await page.evaluate('document.execCommand = () => false');
      await page.evaluate('navigator.clipboard.writeText = () => Promise.reject(new Error("denied"))');
      await page.getByRole('button', { name: 'Copy id' }).click();
    },
    words: 'The browser does not let the page copy.',
  },
  {
    name: 'job, cancelling',
    path: `/jobs/${RETRYING_JOB}`,
    act: ({ page }) => page.getByRole('button', { name: 'Cancel…' }).click(),
    words: 'Handlers that run are aborted.',
  },
  { name: 'failures', path: '/failures', words: 'moov atom not found' },
  {
    name: 'failures, a group opened',
    path: `/failures?fingerprint=${MAIL_FAILURES}`,
    words: 'What differs between the newest',
  },
  {
    name: 'failures, none',
    path: '/failures',
    answers: {
      'GET /failures': () => ({ groups: [], lag: { isReported: true } }),
      'GET /operations': () => ({ operations: [] }),
    },
    words: 'No job fails.',
  },
  {
    name: 'failures, unknown group',
    path: '/failures?fingerprint=00000000000000ff',
    words: 'No job has ever failed with this fingerprint.',
    expectedTrouble: REFUSED,
  },
  {
    name: 'failures, loading',
    path: '/failures',
    answers: { 'GET /failures': NEVER },
    words: 'Loading the failures …',
  },
  {
    name: 'failures, ledger away',
    path: '/failures',
    answers: { 'GET /failures': refusal('STORE_UNAVAILABLE', 'the ledger does not answer') },
    words: 'The ledger is away: Leveret cannot show the failures.',
    expectedTrouble: REFUSED,
  },
  {
    name: 'failures, retrying',
    path: '/failures',
    act: ({ page }) => page.getByRole('button', { name: 'Retry…' }).first().click(),
    words: 'They run again',
  },
  { name: 'queues', path: '/queues', words: 'reports' },
  { name: 'queue', path: '/queues/mail', words: 'How long jobs waited' },
  { name: 'queue, paused', path: '/queues/invoices', words: 'The printer is out of paper.' },
  {
    name: 'queue, ledger away',
    path: '/queues/mail',
    answers: { 'GET /queues/:queue': refusal('STORE_UNAVAILABLE', 'the ledger does not answer') },
    words: 'The ledger is away: Leveret cannot show queue mail.',
    expectedTrouble: REFUSED,
  },
  {
    name: 'queue, pausing',
    path: '/queues/mail',
    act: ({ page }) => page.getByRole('button', { name: 'Pause…' }).click(),
    words: 'Pause queue mail?',
  },
  { name: 'workers', path: '/workers', words: 'They run 2 versions.' },
  {
    name: 'workers, none',
    path: '/workers',
    answers: { 'GET /workers': () => ({ workers: [] }) },
    words: 'No worker was seen lately.',
  },
  { name: 'operations', path: '/operations', words: 'Discard 94 jobs' },
  {
    name: 'operations, none',
    path: '/operations',
    answers: { 'GET /operations': () => ({ operations: [] }) },
    words: 'No operation ran in the last 30 days.',
  },
  { name: 'operation', path: `/operations/${RUNNING_OPERATION}`, words: 'The mail server answers again.' },
  {
    name: 'operation, stopping',
    path: `/operations/${RUNNING_OPERATION}`,
    act: ({ page }) => page.getByRole('button', { name: 'Stop…' }).click(),
    words: 'What is done stays done.',
  },
  { name: 'audit', path: '/audit', words: 'root@web-1' },
  {
    name: 'audit, jumping to a time',
    path: '/audit?before=2026-03-01T12:00:00.000Z',
    act: ({ page }) => page.getByRole('button', { name: 'Jump to a time…' }).click(),
    words: 'The list begins with the last entry before.',
  },
  {
    name: 'audit, no permission',
    path: '/audit',
    answers: {
      'GET /audit': refusal('FORBIDDEN', 'viewer may not use audit:read: an admin can change the role'),
    },
    words: 'Your account may not see the audit log.',
    expectedTrouble: REFUSED,
  },
  { name: 'set aside', path: '/set-aside', words: 'the body is not JSON' },
  {
    name: 'set aside, none',
    path: '/set-aside',
    answers: { 'GET /set-aside/:kind': () => ({ entries: [], counts: { messages: 0, events: 0 } }) },
    words: 'No messages are set aside.',
  },
  {
    name: 'set aside, an entry',
    path: '/set-aside',
    act: ({ page }) => page.getByRole('button', { name: 'Show entry 2' }).click(),
    words: '<script>alert(1)</script>',
  },
  {
    name: 'set aside, discarding',
    path: '/set-aside',
    act: async ({ page }) => {
      await page.getByRole('checkbox', { name: 'Select entry 2' }).check();
      await page.getByRole('button', { name: 'Discard 1…' }).click();
    },
    words: 'This cannot be undone',
  },
  { name: 'accounts', path: '/accounts', words: 'wallboard' },
  {
    name: 'accounts, a password',
    path: '/accounts',
    act: async ({ page }) => {
      await page.getByRole('button', { name: 'Add account…' }).click();
      await page.getByLabel('Name').fill('night-shift');
      await page.getByRole('button', { name: 'Add account', exact: true }).click();
    },
    words: 'It is shown only now',
  },
  {
    name: 'accounts, no permission',
    path: '/accounts',
    answers: { 'GET /session': () => sessionOf('operator') },
    words: 'Your account may not see accounts.',
  },
  { name: 'not found', path: '/nowhere', words: 'There is no such page' },
];

const PHONE_WIDTH = 390;
const COLOR_SCHEMES = ['light', 'dark'] as const;
const WINDOWS = [PHONE_WIDTH, 1_280].flatMap((width) =>
  COLOR_SCHEMES.map((colorScheme) => ({ width, colorScheme })),
);
/** Has the elements of a narrower one: only pictures are taken of it. */
const WIDE_WINDOWS = COLOR_SCHEMES.map((colorScheme) => ({ width: 1_920, colorScheme }));

describeInBrowser(
  'axe finds nothing wrong, and nothing sticks out, at 390 and 1,280 pixels, in light and dark',
  () => {
    const open = useBrowser();

    test.each(LOOKS)('$name', async (look) => {
      const { words, name, act } = look;
      const opened = await open(look);
      const { page } = opened;
      await act?.(opened);
      await page.getByText(words).first().waitFor();

      const show = async ({ width, colorScheme }: (typeof WINDOWS)[number]) => {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        await takePicture(page, `${name.replaceAll(/\W+/g, '-')}-${width}-${colorScheme}`);
      };

      const found: Record<string, unknown> = {};
      for (const { width, colorScheme } of WINDOWS) {
        await show({ width, colorScheme });
        // Nothing is on a dark phone alone: the light phone has the same elements, and the dark window the same colours.
        const isShownElsewhere = width === PHONE_WIDTH && colorScheme === 'dark';
        found[`${width} ${colorScheme}`] = {
          objections: isShownElsewhere ? [] : await objectionsTo(page),
          overflow: await overflowOf(page.locator('html')),
        };
      }

      if (takesPictures) for (const window of WIDE_WINDOWS) await show(window);
      const nothing = { objections: [], overflow: 0 };
      expect(found).toEqual(Object.fromEntries(Object.keys(found).map((window) => [window, nothing])));
    });
  },
);
