import { describeInBrowser } from '@leveret/browser';
import {
  overviewAnswer,
  RETRYING_JOB,
  refusal,
  sessionOf,
  sessionWithoutLedger,
} from '@leveret/dashboard/fixtures';
import { expect, test } from 'vitest';
import { useBrowser } from './open-page.ts';

const SIGNED_OUT = refusal('UNAUTHENTICATED', 'the request carries no valid session and no valid key');
const WRONG = refusal('SIGN_IN_REFUSED', 'the name or the password is wrong');
const REFUSED = /status of (401|503)/;

describeInBrowser('the shell', () => {
  const open = useBrowser();

  test('without a session the sign-in page is shown, which leads to the page that was asked for', async () => {
    const { page, server } = await open({
      path: '/queues/mail?range=6h',
      prefix: '/ops',
      answers: { 'GET /session': SIGNED_OUT, 'POST /session': WRONG },
      expectedTrouble: REFUSED,
    });

    await page.getByLabel('Name').fill('ann');
    await page.getByLabel('Password').fill('a wrong password');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Name or password is wrong.').waitFor();
    server.answer({
      'POST /session': () => sessionOf('operator'),
      'GET /session': () => sessionOf('operator'),
    });
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'mail' }).waitFor();

    expect(new URL(page.url()).pathname).toBe('/ops/admin/queues/mail');
    expect(new URL(page.url()).search).toBe('?range=6h');
    expect(server.requests[0]?.body).toEqual({ name: 'ann', password: 'a wrong password' });
  });

  test('code that cannot be loaded has the page loaded again once, and is then said to be missing', async () => {
    const { page } = await open({ expectedTrouble: /ERR_FAILED|of another version/ });
    let loads = 0;
    page.on('domcontentloaded', () => {
      loads += 1;
    });
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.route(/workers-page/, (route) => route.abort());

    await page.goto(page.url().replace(/$/, '/workers'));
    await page.getByText('Leveret could not load the page.').waitFor();
    const whileMissing = loads;
    await page.unroute(/workers-page/);
    await page.getByRole('button', { name: 'Try again' }).click();

    await page.getByRole('heading', { level: 1, name: 'Workers' }).waitFor();
    // Asked for, and then loaded again once.
    expect(whileMissing).toBe(2);
  });

  test('a session that ends while the page is open leads to signing in', async () => {
    const { page, server } = await open({ path: '/workers', expectedTrouble: REFUSED });
    await page.getByRole('heading', { level: 1, name: 'Workers' }).waitFor();

    server.answer({ 'GET /session': SIGNED_OUT, 'GET /workers': SIGNED_OUT });

    await page.getByRole('heading', { level: 1, name: 'Sign in to Leveret' }).waitFor();
    expect(new URL(page.url()).search).toBe('?next=%2Fworkers');
  });

  test('a session that ends while several things are read leads to signing in once, and back', async () => {
    const { page, server } = await open({ path: '/failures', expectedTrouble: REFUSED });
    // The sign-in page comes after all refusals.
    await page.route(/sign-in-page/, async (route) => {
      const refused = ['failures', 'operations'].map((name) =>
        page.waitForResponse((response) => response.url().endsWith(`/v1/admin/${name}`) && !response.ok()),
      );
      await Promise.all(refused);
      await route.continue();
    });
    const held = page.waitForRequest(/sign-in-page/);
    await page.reload();
    await held;
    // What is held may be of the page before: this one has its session once it shows what it has read.
    await page.getByText('1,412 sent to run again').waitFor();

    server.answer({
      'GET /session': SIGNED_OUT,
      'GET /failures': SIGNED_OUT,
      'GET /operations': SIGNED_OUT,
    });

    await page.getByRole('heading', { level: 1, name: 'Sign in to Leveret' }).waitFor();
    expect(new URL(page.url()).search).toBe('?next=%2Ffailures');
  });

  test('signing out leads to the sign-in page', async () => {
    const { page, server } = await open({ expectedTrouble: REFUSED });
    await page.getByRole('button', { name: 'admin' }).click();

    server.answer({ 'GET /session': SIGNED_OUT });
    await page.getByRole('button', { name: 'Sign out' }).click();

    await page.getByRole('heading', { level: 1, name: 'Sign in to Leveret' }).waitFor();
    expect(server.requests.map(({ route }) => route)).toEqual(['DELETE /session']);
  });

  test("one's own password is changed when it is repeated, and the focus returns to the menu", async () => {
    const { page, server } = await open();
    await page.getByRole('button', { name: 'admin' }).click();
    await page.getByRole('button', { name: 'Change password…' }).click();
    const submit = page.getByRole('button', { name: 'Change password', exact: true });
    const whyNot = () => submit.getAttribute('title');

    await page.getByLabel('Password now').fill('the old password');
    await page.getByLabel('New password', { exact: true }).fill('too short');
    expect(await whyNot()).toBe('The new password needs at least 12 characters.');
    await page.getByLabel('New password', { exact: true }).fill('a new password');
    expect(await whyNot()).toBe('The two new passwords differ.');
    await page.getByLabel('New password again').fill('a new password');
    await page.keyboard.press('Enter');

    await page.getByRole('status').getByText('Your password is changed.').waitFor();
    expect(server.requests).toEqual([
      {
        route: 'POST /session/password',
        body: { password: 'the old password', newPassword: 'a new password' },
      },
    ]);
    expect(await page.evaluate('document.activeElement.textContent')).toBe('admin');
  });

  test('who is not signed in to an account cannot change its password', async () => {
    const { page } = await open({
      answers: { 'GET /session': () => ({ ...sessionOf('admin'), kind: 'local' }) },
    });
    await page.getByRole('button', { name: 'admin' }).click();

    await page.getByText('on this machine: no sign-in is needed').waitFor();
    expect(await page.getByRole('button', { name: 'Change password…' }).count()).toBe(0);
  });

  test.each([
    ['admin', 1],
    ['operator', 0],
  ] as const)('accounts are in the navigation of an %s: %i', async (role, count) => {
    const { page } = await open({ answers: { 'GET /session': () => sessionOf(role) } });
    const navigation = page.getByRole('navigation');

    await navigation.getByRole('link', { name: 'Audit' }).waitFor();

    expect(await navigation.getByRole('link', { name: 'Accounts' }).count()).toBe(count);
  });

  test('the overview follows the live stream', async () => {
    const { page, server } = await open();
    await page.getByText('Live', { exact: true }).waitFor();

    server.push('overview', { ...overviewAnswer(), faults: [] });

    await page.getByText('Nothing is wrong.').waitFor();
  });

  test('what could not be read while the ledger was away is read when it is back', async () => {
    const away = refusal('STORE_UNAVAILABLE', 'the ledger does not answer');
    const { page, server } = await open({
      path: '/audit',
      answers: { 'GET /overview': () => ({ ...overviewAnswer(), ledger: undefined }), 'GET /audit': away },
      expectedTrouble: REFUSED,
    });
    await page.getByText('The ledger is away: Leveret cannot show the audit log.').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();

    server.answer({ 'GET /audit': () => ({ entries: [] }) });
    server.push('overview', overviewAnswer());

    await page.getByText('Nothing was done yet.').waitFor();
  });

  test.each([
    ['/queues/mail', 'Pause…'],
    ['/failures', 'Retry…'],
    ['/failures', 'Stop…'],
    ['/set-aside', 'Discard …'],
    [`/jobs/${RETRYING_JOB}`, 'Cancel…'],
  ])(
    'while the ledger is away, %s says so of %s, and not that the account lacks a verb',
    async (path, name) => {
      const { page } = await open({ path, answers: { 'GET /session': sessionWithoutLedger } });
      const button = page.getByRole('button', { name }).first();

      await button.waitFor();

      expect(await button.getAttribute('title')).toBe(
        'The ledger is away: this is possible again when it is back.',
      );
      await page.getByRole('button', { name: 'ann' }).click();
      await page.getByText('reads only while the ledger is away').waitFor();
    },
  );

  test('while the ledger is away, the page of accounts says so', async () => {
    const { page } = await open({ path: '/accounts', answers: { 'GET /session': sessionWithoutLedger } });

    await page.getByText('The ledger is away: Leveret cannot show accounts.').waitFor();
  });

  test('a stream that is cut is said to be, and is opened again', async () => {
    const { page, server } = await open({ expectedTrouble: /status of 503|ERR_/ });
    await page.getByText('Live', { exact: true }).waitFor();

    server.cutStreams();
    await page.getByText('Live updates stopped.').waitFor();
    server.mendStreams();

    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.getByText('Live updates stopped.').count()).toBe(0);
  });

  test('by keyboard: past the navigation, to another page, whose heading has the focus', async () => {
    const { page } = await open();
    const focused = () => page.evaluate('document.activeElement.tagName');
    await page.getByText('Live', { exact: true }).waitFor();

    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const afterSkip = await focused();
    await page.getByRole('navigation').getByRole('link', { name: 'Workers' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Workers' }).waitFor();

    expect(afterSkip).toBe('MAIN');
    await expect.poll(focused).toBe('H1');
    expect(await page.title()).toBe('Workers · Leveret');
  });

  test('on a phone the navigation is a menu, which closes when a page is chosen', async () => {
    const { page } = await open({ width: 390 });
    const link = page.getByRole('navigation').getByRole('link', { name: 'Queues' });

    await page.getByRole('button', { name: 'Menu' }).click();
    await link.click();
    await page.getByRole('heading', { level: 1, name: 'Queues' }).waitFor();

    await link.waitFor({ state: 'hidden' });
  });

  test('a theme that was chosen stays', async () => {
    const { page } = await open({ colorScheme: 'light' });
    const paper = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.getByRole('button', { name: 'admin' }).click();
    const light = await paper();

    await page.getByRole('button', { name: 'Dark' }).click();
    await page.reload();
    await page.getByText('Live', { exact: true }).waitFor();

    expect(await paper()).not.toBe(light);
  });
});
