import { describeInBrowser } from '@leveret/browser';
import {
  jobDetailsAnswer,
  MAIL_PAYLOAD,
  RETRYING_JOB,
  refusal,
  sessionOf,
  thumbnailsAnswer,
} from '@leveret/dashboard/fixtures';
import { expect, test } from 'vitest';
import { useBrowser } from './open-page.ts';

const PATH = `/jobs/${RETRYING_JOB}`;
/** What the browser says of a page that it does not trust. */
const UNTRUSTED = /Cross-Origin-Opener-Policy|Origin-Agent-Cluster/;
const ASKED = { params: { id: RETRYING_JOB }, query: {}, body: undefined };

describeInBrowser('a job', () => {
  const open = useBrowser();

  test('follows the live stream', async () => {
    const { page, server } = await open({ path: PATH });
    await page.getByText('Why is it not running?').waitFor();
    const details = jobDetailsAnswer(ASKED);
    const job = { ...details.job, state: 'running', progress: { fraction: 0.42, text: 'frame 42' } };

    await expect
      .poll(async () => {
        server.push('job', { ...details, job });
        return await page.getByText('frame 42').count();
      })
      .toBe(1);

    await page.getByRole('progressbar', { name: 'Progress of the attempt' }).waitFor();
    expect(await page.getByText('Why is it not running?').count()).toBe(0);
  });

  test('shows numbers of its payload exactly, marks what is redacted, and reads long lists in parts', async () => {
    const { page } = await open({ path: PATH });
    const payload = page.getByRole('region', { name: 'Payload' });

    await payload.getByText('9007199254740993').waitFor();
    await payload.getByText('redacted', { exact: true }).waitFor();
    await payload.getByText(/^items:/).click();
    await payload.getByRole('button', { name: 'Show 100 more' }).click();

    await expect.poll(() => payload.getByText(/"A-\d+"/).count()).toBe(200);
  });

  test('of 3 MB does not hold the page up', async () => {
    const rows = Array.from(
      { length: 60_000 },
      (_, index) => `{"sku":"A-${index}","text":"${'x'.repeat(24)}"}`,
    );
    const { page } = await open({
      path: PATH,
      answers: { 'GET /jobs/:id/payload': () => `[${rows.join(',')}]` },
    });

    await page.getByText(/3\.\d\sMB/).waitFor();
    await page.getByText('"A-0"').waitFor();

    expect(await page.locator('.json li').count()).toBeLessThan(500);
  });

  test('that sends an email shows it as one, and its HTML as text', async () => {
    const { page } = await open({ path: PATH, answers: { 'GET /jobs/:id/payload': () => MAIL_PAYLOAD } });
    const payload = page.getByRole('region', { name: 'Payload' });

    await payload.getByText('ann.archer@example.com, ben@example.org').waitFor();
    await payload.getByText('your order has left our house today.').first().waitFor();
    await payload.getByText('HTML, as source').click();
    await payload.getByText('<script>alert(1)</script>').first().waitFor();
    await payload.getByText('All of it, as JSON').click();
    await payload.getByText('"Your order 4711 is on its way"').waitFor();

    expect(await payload.locator('script, img, h1').count()).toBe(0);
  });

  test('shows pictures among its files to who may see payloads, and opens one as a file', async () => {
    const answers = { 'GET /jobs/:id/pictures': thumbnailsAnswer };
    const { page } = await open({ path: PATH, prefix: '/ops', answers });

    const opening = page.context().waitForEvent('page');
    await page.getByRole('region', { name: 'Pictures' }).getByRole('link', { name: '640.png' }).click();
    const opened = await opening;
    await opened.waitForLoadState();

    expect(new URL(opened.url()).pathname).toBe(`/ops/v1/admin/jobs/${RETRYING_JOB}/picture`);
    expect(new URL(opened.url()).searchParams.get('key')).toBe('thumbnails/5f1c/640.png');
  });

  test('does not ask for pictures that the account may not see', async () => {
    const answers = {
      'GET /session': () => sessionOf('viewer'),
      'GET /jobs/:id/pictures': refusal('FORBIDDEN', 'viewer may not use payloads:read'),
    };
    const { page } = await open({ path: PATH, answers });

    await page.getByText('Your account lacks payloads:read').first().waitFor();
  });

  test('shows how many jobs it enqueued, by state, and leads to them and to its parent', async () => {
    const { page } = await open({ path: PATH });
    const children = page.getByRole('region', { name: 'Jobs it enqueued' });

    await children.getByText('Succeeded 102').waitFor();
    await children.getByText('The 10 that were updated last are shown.').waitFor();
    const listed = await children.getByRole('listitem').count();
    const all = await children.getByRole('link', { name: '124 jobs' }).getAttribute('href');
    await page.getByRole('link', { name: /^Job 0198c0de/ }).click();
    await page.waitForURL(/00a1$/);

    expect(listed).toBe(10);
    expect(new URL(all ?? '', page.url()).searchParams.get('filter')).toBe(`parent:${RETRYING_JOB}`);
  });

  test('that has enqueued no job says so', async () => {
    const answers = {
      'GET /jobs': () => ({ jobs: [], lag: { isReported: true } }),
      'GET /jobs/count': () => ({ count: 0, isExact: true, byState: {}, lag: { isReported: true } }),
    };
    const { page } = await open({ path: PATH, answers });

    await page.getByRole('region', { name: 'Jobs it enqueued' }).getByText('None.').waitFor();
  });

  test('has an id that can be copied, and commands', async () => {
    const { page } = await open({ path: PATH });

    await page.getByRole('button', { name: 'Copy id' }).click();
    await page.getByRole('status').getByText('Copied.').waitFor();
    await page.getByRole('button', { name: 'Copy as…' }).click();
    await page.getByRole('button', { name: 'Cancel as leveret jobs' }).click();

    await page.getByRole('status').getByText(`Copied: leveret jobs cancel ${RETRYING_JOB}`).waitFor();
  });

  test('has an id that can be copied without HTTPS, too', async () => {
    const { page } = await open({ path: PATH, isUntrusted: true, expectedTrouble: UNTRUSTED });
    await page.getByRole('button', { name: 'Copy id' }).click();
    await page.getByRole('status').getByText('Copied.').waitFor();

    await page.getByRole('button', { name: 'Cancel…' }).click();
    await page.getByLabel('Reason').focus();
    await page.keyboard.press('Control+V');

    expect(await page.getByLabel('Reason').inputValue()).toBe(RETRYING_JOB);
    expect(await page.evaluate('isSecureContext')).toBe(false);
  });

  test('shows what is copied, selected, where the browser does not let the page copy', async () => {
    const { page } = await open({ path: PATH, isUntrusted: true, expectedTrouble: UNTRUSTED });
    await page.evaluate('document.execCommand = () => false');

    await page.getByRole('button', { name: 'Copy id' }).click();

    await page.getByText('The browser does not let the page copy.').waitFor();
    await expect.poll(() => page.evaluate('getSelection().toString()')).toBe(RETRYING_JOB);
    await page.getByRole('button', { name: 'Done' }).click();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Copy id');
  });

  test('says why an action was refused, and says before what its state forbids', async () => {
    const { page } = await open({
      path: PATH,
      answers: { 'POST /jobs/:id/:action': refusal('ACTION_REFUSED', 'the job is running by now') },
      expectedTrouble: /status of 409/,
    });
    const discard = page.getByRole('button', { name: 'Discard…' });
    await discard.waitFor();

    await page.getByRole('button', { name: 'Run now…' }).click();
    await page.getByRole('button', { name: 'Run now 1 job' }).click();

    await page.getByRole('alert').getByText('the job is running by now').waitFor();
    expect(await discard.getAttribute('title')).toBe('Discard is for jobs that are dead.');
  });
});
