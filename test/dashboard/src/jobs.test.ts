import { describeInBrowser } from '@leveret/browser';
import { jobAt, RETRYING_JOB, sessionOf } from '@leveret/dashboard/fixtures';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { useBrowser } from './open-page.ts';

const filterOf = (page: Page) => new URL(page.url()).searchParams.get('filter');
const namesOf = (page: Page) => page.locator('.job-row th a').allTextContents();

describeInBrowser('the list of jobs', () => {
  const open = useBrowser();

  test('is filtered by keyboard, with completions, and keeps the filter in the address', async () => {
    const { page } = await open({ path: '/jobs' });
    const field = page.getByRole('combobox', { name: 'Filter' });

    await field.fill('k');
    await page.getByRole('option', { name: /^kind:/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('option', { name: /kind:mail\.send/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');

    await page.getByRole('button', { name: 'Remove kind:mail.send' }).waitFor();
    expect(filterOf(page)).toBe('kind:mail.send');
    await field.press('Backspace');
    await expect.poll(() => field.inputValue()).toBe('kind:mail.send');
    await expect.poll(() => filterOf(page)).toBeNull();
  });

  test('says what is wrong with a term, and where', async () => {
    const { page } = await open({ path: '/jobs?filter=queue:mail' });

    await page.getByRole('combobox', { name: 'Filter' }).fill('state:deaf');
    await page.keyboard.press('Enter');

    await page.getByRole('alert').getByText('At character 12:').waitFor();
    expect(filterOf(page)).toBe('queue:mail');
  });

  test('has states as toggles, and leaves the usual order out of the address', async () => {
    const { page } = await open({ path: '/jobs?filter=age:>1h' });

    await page.getByRole('button', { name: 'Dead 1,102' }).click();
    await page.getByRole('button', { name: 'Retrying 2,310' }).click();
    await page.getByRole('button', { name: 'Oldest first' }).click();
    await page.getByRole('button', { name: 'Oldest first', pressed: true }).waitFor();

    expect(filterOf(page)).toBe('state:dead,retrying age:>1h');
    expect(new URL(page.url()).searchParams.get('order')).toBe('oldest-first');
  });

  test('begins at a moment that is chosen, which replaces one that was chosen before', async () => {
    const { page } = await open({ path: '/jobs?filter=queue:mail%20updated:>1h' });

    await page.getByRole('button', { name: 'Jump to a time…' }).click();
    await page.getByLabel('Day and time').fill('2026-03-01T12:00');
    await page.keyboard.press('Enter');

    await page.getByRole('button', { name: 'Remove updated:<2026-03-01T12:00:00.000Z' }).waitFor();
    expect(filterOf(page)).toBe('queue:mail updated:<2026-03-01T12:00:00.000Z');
  });

  test('changes rows in place, and keeps new jobs behind a pill', async () => {
    const { page, server } = await open({ path: '/jobs' });
    await page.getByRole('link', { name: '0198c0de…c3f2' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    const before = await namesOf(page);
    const fresh = '0198c0de-77a1-7000-8000-00000000ffff';

    await expect
      .poll(async () => {
        server.push('jobs', {
          changed: [jobAt(0, { state: 'dead' }), jobAt(9_000, { id: fresh })],
          gone: [jobAt(1).id],
          counts: true,
        });
        return await page.getByRole('button', { name: '1 new' }).count();
      })
      .toBe(1);
    await page.getByRole('link', { name: '0198c0de…c3f2' }).and(page.getByTitle(/^Dead/)).waitFor();
    await page.getByText('Not in this list any more: running').waitFor();

    expect(await namesOf(page)).toEqual(before);
    await page.getByRole('button', { name: '1 new' }).click();
    await page.getByRole('button', { name: '1 new' }).waitFor({ state: 'detached' });
    expect(await page.getByText('Not in this list any more').count()).toBe(0);
  });

  test('that is empty shows its first job by itself', async () => {
    const lag = { isReported: true };
    const { page, server } = await open({
      path: '/jobs',
      answers: { 'GET /jobs': () => ({ jobs: [], lag }) },
    });
    await page.getByText('There is no job yet.').waitFor();

    server.answer({ 'GET /jobs': () => ({ jobs: [jobAt(0)], lag }) });
    await expect
      .poll(async () => {
        server.push('jobs', { changed: [jobAt(0)], gone: [], counts: true });
        return await page.getByRole('link', { name: '0198c0de…c3f2' }).count();
      })
      .toBe(1);

    expect(await page.getByRole('button', { name: /new/ }).count()).toBe(0);
  });

  test('whose stream is cut says since when it is not up to date', async () => {
    const { page, server } = await open({ path: '/jobs', expectedTrouble: /status of 503|ERR_/ });
    await page.getByRole('link', { name: '0198c0de…c3f2' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();

    server.cutStreams();
    await page.getByText('Live updates of this list stopped.').waitFor();
    server.mendStreams();

    await page.getByText('Live updates of this list stopped.').waitFor({ state: 'detached' });
  });

  test('reads pages forward and back, and keeps at most 2,000 jobs', async () => {
    const { page } = await open({ path: '/jobs' });
    const last = (2_309).toString(16).padStart(4, '0');
    await page.getByRole('link', { name: '0198c0de…c3f2' }).waitFor();

    await expect
      .poll(async () => {
        await page.evaluate('scrollTo(0, document.body.scrollHeight)');
        return await page.getByRole('link', { name: `0198c0de…${last}` }).count();
      })
      .toBe(1);
    const shown = await page.getByText('1,910 shown').count();
    await page.evaluate('scrollTo(0, 0)');
    await page.getByRole('link', { name: '0198c0de…c3f2' }).waitFor();

    expect(shown).toBe(1);
    expect(await page.locator('.job-row').count()).toBeLessThan(100);
  });

  test('acts on one job with a reason', async () => {
    const { page, server } = await open({ path: '/jobs' });
    await page.getByRole('checkbox', { name: 'Select job 0198c0de…c3f2' }).check();

    await page.getByRole('button', { name: 'Run now…' }).click();
    await page.getByLabel('Reason').fill('The mail server answers again.');
    await page.getByRole('button', { name: 'Run now 1 job' }).click();

    await page.getByRole('status').getByText('The job is sent to run now.').waitFor();
    expect(server.requests).toEqual([
      { route: `POST /jobs/${RETRYING_JOB}/run-now`, body: { reason: 'The mail server answers again.' } },
    ]);
  });

  test('acts on all that match, at a rate, and leads to the operation', async () => {
    const { page, server } = await open({ path: '/jobs?filter=state:dead' });
    await page.getByRole('checkbox', { name: '100 shown' }).check();
    await page.getByRole('button', { name: 'Select all 2,310 that match' }).click();

    await page.getByRole('button', { name: 'Retry…' }).click();
    await page.getByLabel('Most jobs a second').fill('20');
    await page.getByRole('button', { name: 'Retry 2,310 jobs' }).click();

    await page.getByRole('heading', { level: 1, name: 'Retry 2,310 jobs' }).waitFor();
    expect(server.requests).toEqual([
      { route: 'POST /operations', body: { action: 'retry', filter: 'state:dead', perSecond: 20 } },
    ]);
  });

  test('acts on all that match without a state: on those that the action is for, and says how many', async () => {
    const { page, server } = await open({ path: '/jobs?filter=queue:mail' });
    await page.getByRole('checkbox', { name: '100 shown' }).check();
    await page.getByRole('button', { name: /^Select all .* that match$/ }).click();

    await page.getByRole('button', { name: 'Retry…' }).click();
    await page.getByRole('button', { name: 'Retry 1,102 jobs' }).click();

    await expect
      .poll(() => server.requests[0]?.body)
      .toEqual({ action: 'retry', filter: 'state:dead queue:mail' });
  });

  test('says why an action is not possible', async () => {
    const { page } = await open({ path: '/jobs', answers: { 'GET /session': () => sessionOf('viewer') } });
    const cancel = page.getByRole('button', { name: 'Cancel…' });
    await page.getByRole('checkbox', { name: 'Select job 0198c0de…c3f2' }).check();

    await cancel.click({ force: true });

    expect(await cancel.getAttribute('title')).toBe(
      'Your account lacks jobs:cancel: an admin can change its role.',
    );
    expect(await page.getByRole('dialog').count()).toBe(0);
  });
});
