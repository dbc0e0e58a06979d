import { text } from 'node:stream/consumers';
import type { AuditPageView, SetAsidePageView } from '@leveret/http-contract/admin';
import { expect, test } from 'vitest';
import { actOn, type Walker } from './walker.ts';

/** What could not be understood: shown as it came, and discarded. */
export function walkSetAside({ stack, open }: Walker): void {
  test('a message and an event that cannot be read are named, shown as they came, and discarded', async () => {
    const { admin, vhost } = stack();
    const entriesOf = async (kind: string) =>
      (await admin.client.get<SetAsidePageView>(`/set-aside/${kind}`)).entries;
    await vhost.management.publish(vhost.name, {
      exchange: 'amq.default',
      key: 'leveret.q.mail',
      body: 'no job, but a <b>letter</b>',
    });
    await vhost.management.publish(vhost.name, {
      exchange: 'leveret.events',
      key: 'jobs',
      body: '[{"type":"eaten"}]',
    });
    const page = await open('/', admin);

    await page.getByText('1 message and 1 event are set aside').waitFor();
    await page.getByRole('link', { name: 'See what is set aside' }).click();
    await page.getByRole('button', { name: /^Show entry/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('no job, but a <b>letter</b>').waitFor();
    const downloading = page.waitForEvent('download');
    await dialog.getByRole('link', { name: 'Download' }).click();
    const download = await downloading;
    const exported = JSON.parse(await text(await download.createReadStream()));
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('checkbox', { name: /^Select entry/ }).check();
    await actOn(page, { opens: 'Discard 1…', reason: 'It was a letter.', acts: 'Discard for good' });
    await page.getByText('No messages are set aside.').waitFor();
    const left = await entriesOf('messages');
    await page.getByRole('button', { name: 'Events 1' }).click();
    await page.getByRole('button', { name: /^Show entry/ }).click();
    await dialog.getByText('"eaten"').waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('checkbox', { name: /^Select entry/ }).check();
    await actOn(page, { opens: 'Discard 1…', reason: 'It was a joke.', acts: 'Discard for good' });
    await page.getByText('No events are set aside.').waitFor();

    expect(download.suggestedFilename()).toMatch(/^set-aside-messages-\d+\.json$/);
    expect(exported).toMatchObject({ id: expect.stringMatching(/^m\d+$/), queue: 'mail' });
    expect(Buffer.from(exported.bodyBase64, 'base64').toString()).toBe('no job, but a <b>letter</b>');
    expect(left).toEqual([]);
    expect(await entriesOf('events')).toEqual([]);
    const { entries } = await admin.client.get<AuditPageView>('/audit');
    expect(entries.slice(0, 2).map(({ reason }) => reason)).toEqual(['It was a joke.', 'It was a letter.']);
  });
}
