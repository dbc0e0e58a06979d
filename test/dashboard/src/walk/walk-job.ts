import { startApp } from '@leveret/testing/processes';
import { expect, test } from 'vitest';
import { actOn, type Walker } from './walker.ts';

/** One job: everything that is shown of it, and every action. */
export function walkJob({ stack, reports, open, jobOnce }: Walker): void {
  test('a job is followed from its start to its result, through every action', async () => {
    const page = await open('/', stack().admin);
    const shown = (text: string | RegExp) => page.getByText(text).first().waitFor();
    const [id = ''] = await reports().enqueue(1);
    const first = await reports().nextRun();

    await page.goto(`${stack().url}/jobs/${id}`);
    await shown(/^Attempt 1 runs on worker reports-1/);
    first.log.info({ page: 3 }, 'reading the third page');
    first.progress({ done: 3, total: 12, text: 'page 3' });
    await page.getByRole('progressbar', { name: 'Progress of the attempt' }).waitFor();
    await shown('25 %');
    await shown('"Report 1"');
    await shown('redacted');
    first.fail(new Error('disk full', { cause: Object.assign(new Error('no space'), { code: 'ENOSPC' }) }));
    await shown('It waits for its next attempt');
    await shown('Error: disk full');
    await shown('no space');
    await shown(/at .*walk-job\.ts/);
    await page.getByText('1 log line').click();
    await shown('reading the third page');

    await actOn(page, { opens: 'Run now…', reason: 'The disk has room.', acts: 'Run now 1 job' });
    (await reports().nextRun()).fail(new Error('disk full'));
    await shown('Dead after 2 attempts');
    await actOn(page, { opens: 'Discard…', reason: 'Too late.', acts: 'Discard 1 job' });
    await shown('It has ended as discarded');
    await actOn(page, { opens: 'Restore…', reason: 'Not too late.', acts: 'Restore 1 job' });
    await shown('Dead after 2 attempts');
    await actOn(page, { opens: 'Retry…', reason: 'A larger disk.', acts: 'Retry 1 job' });
    const third = await reports().nextRun();
    await shown(/^Attempt 3 runs on worker reports-1/);
    await actOn(page, { opens: 'Cancel…', reason: 'Wrong month.', acts: 'Cancel 1 job' });
    await shown('It has ended as cancelled');
    await actOn(page, { opens: 'Run again…', reason: 'Right month.', acts: 'Retry 1 job' });
    (await reports().nextRun()).finish({ pages: 12 });
    await shown('It has ended as succeeded');
    await shown('pages:');

    const { attempts, audit } = await jobOnce(id, 'succeeded');
    expect(third.signal.aborted).toBe(true);
    expect(attempts.map(({ attempt, outcome }) => `${attempt} ${outcome}`)).toEqual([
      '1 retrying',
      '2 dead',
      '3 cancelled',
      '4 succeeded',
    ]);
    expect(audit.map(({ action, reason }) => `${action}: ${reason}`)).toEqual([
      'retry: Right month.',
      'cancel: Wrong month.',
      'retry: A larger disk.',
      'restore: Not too late.',
      'discard: Too late.',
      'run-now: The disk has room.',
    ]);
    expect(await page.getByText('a secret').count()).toBe(0);
  });

  test('a job that a handler enqueued is shown with its parent, and the parent with it', async () => {
    const [id = ''] = await reports().enqueue(1);
    const run = await reports().nextRun();
    const page = await open(`/jobs/${id}`, stack().admin);
    const children = page.getByRole('region', { name: 'Jobs it enqueued' });
    await children.getByText('None.').waitFor();

    const childId = await run.enqueueChild('appendix');
    run.finish(null);
    await children.getByText('Running 1').waitFor();
    (await reports().nextRun()).finish({ pages: 3 });
    await children.getByText('Succeeded 1').waitFor();
    await children.getByRole('link', { name: '1 job' }).click();
    await page.getByText('1 job, last updated first').waitFor();
    const filter = new URL(page.url()).searchParams.get('filter');
    await page.locator(`a[href$="${childId}"]`).click();
    await page.getByRole('region', { name: 'Facts' }).getByRole('link', { name: /^Job / }).click();
    await page.getByRole('heading', { level: 1 }).getByText(id).waitFor();

    expect(filter).toBe(`parent:${id}`);
    expect((await jobOnce(childId, 'succeeded')).job).toMatchObject({ parentId: id });
  });

  test('what is copied of a job is its id, and commands that do what the page does', async () => {
    const { admin, api, installation } = stack();
    const { secret } = await admin.client.post<{ readonly secret: string }>('/keys', {
      name: 'copied',
      role: 'operator',
    });
    const [id = ''] = await reports().enqueue(1);
    (await reports().nextRun()).finish(null);
    await jobOnce(id, 'succeeded');
    const page = await open(`/jobs/${id}`, admin);
    const copied = async (item: string, beginning: string) => {
      await page.getByRole('button', { name: 'Copy as…' }).click();
      await page.getByRole('button', { name: item }).click();
      const words = await page.getByRole('status').getByText(`Copied: ${beginning}`).textContent();
      return words?.slice('Copied: '.length) ?? '';
    };

    await page.getByRole('button', { name: 'Copy id' }).click();
    await page.getByRole('status').getByText('Copied.').waitFor();
    const curl = await copied('Run again as curl', 'curl');
    const [, header = '', url = ''] =
      /^curl -X POST -H "Authorization: (.*)" '(.*)'$/.exec(curl.replace('$LEVERET_API_KEY', secret)) ?? [];
    const answer = await fetch(url, { method: 'POST', headers: { authorization: header } });
    (await reports().nextRun()).finish({ pages: 2 });
    const [, ...args] = (await copied('Show as leveret jobs', 'leveret')).split(' ');
    await using cli = startApp({
      entry: 'apps/cli/dist/main.js',
      args,
      env: { LEVERET_DATA_DIR: installation.dataDir },
    });
    await cli.exited;

    expect(url.startsWith(api.client.url)).toBe(true);
    expect(answer.status).toBe(200);
    const { audit } = await jobOnce(id, 'succeeded');
    expect(audit).toMatchObject([{ action: 'retry', by: 'key:copied' }]);
    expect(cli.output()).toContain(id);
  });

  test('a job that nobody can run says so: no worker knows its kind, or none consumes its queue', async () => {
    const [kind, queue] = [await reports().enqueueUnknown('kind'), await reports().enqueueUnknown('queue')];
    const page = await open(`/jobs/${kind}`, stack().admin);

    await page.getByText('No worker of its queue has a handler for report.print').waitFor();
    await page.goto(`${stack().url}/jobs/${queue}`);
    await page.getByText('No worker consumes queue fax').waitFor();
    await actOn(page, { opens: 'Cancel…', reason: 'Nobody has a fax.', acts: 'Cancel 1 job' });
    await page.goto(`${stack().url}/jobs/${kind}`);
    await actOn(page, { opens: 'Cancel…', reason: 'Nobody prints.', acts: 'Cancel 1 job' });

    await jobOnce(queue, 'cancelled');
    await jobOnce(kind, 'cancelled');
  });
}
