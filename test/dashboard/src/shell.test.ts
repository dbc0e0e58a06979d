import { describeInBrowser } from '@leveret/browser';
import { overviewAnswer, refusal, sessionOf } from '@leveret/dashboard/fixtures';
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
