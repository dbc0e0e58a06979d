import type { FailureGroupsView, JobCountsView, OperationListView } from '@leveret/http-contract/admin';
import { expect, test } from 'vitest';
import { actOn, type Walker } from './walker.ts';

const MAILS = 6;

/** Failures by their cause: retry at a rate, stop, discard, undo. */
export function walkFailures({ stack, open }: Walker): void {
  test('a group of failures is retried at a rate, stopped, discarded and restored', async () => {
    const { admin, api, smtp } = stack();
    const groupOf = async (message: RegExp) =>
      (await admin.client.get<FailureGroupsView>('/failures')).groups.find((group) =>
        message.test(group.message ?? ''),
      );
    const countOf = async (filter: string) =>
      (await admin.client.get<JobCountsView>(`/jobs/count?filter=${encodeURIComponent(filter)}`)).count;
    for (let number = 1; number <= MAILS; number += 1)
      await api.client.postMail([`gone@${number}.example`], 'Hello');
    await api.client.postMail(['busy@example.com'], 'Hello');
    await expect.poll(async () => (await groupOf(/no such mailbox/))?.dead).toBe(MAILS);
    const { fingerprint = '' } = (await groupOf(/no such mailbox/)) ?? {};
    const page = await open('/failures', admin);
    const card = page.getByRole('article').filter({ hasText: 'no such mailbox' });

    await page.getByRole('article').filter({ hasText: 'try again later' }).getByText('1 retrying').waitFor();
    await card.getByText(`${MAILS} dead`).waitFor();
    await card.getByRole('button', { name: /no such mailbox/ }).click();
    await card.getByText('LeveretError: 550 no such mailbox').waitFor();
    await card.getByRole('button', { name: 'Retry…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Most jobs a second').fill('1');
    await dialog.getByRole('button', { name: `Retry ${MAILS} jobs` }).click();
    await card.getByText('at 1 a second').waitFor();
    await actOn(page, { opens: 'Stop…', reason: 'The mailboxes are still gone.', acts: 'Stop operation' });
    await card.getByText('at 1 a second').waitFor({ state: 'detached' });
    await card.getByText(`${MAILS} dead`).waitFor();
    const { operations } = await admin.client.get<OperationListView>('/operations');

    expect(operations[0]).toMatchObject({ action: 'retry', state: 'stopped', total: MAILS, perSecond: 1 });
    expect(operations[0]?.done).toBeLessThan(MAILS);
    await actOn(page, { opens: 'Discard…', reason: 'They moved.', acts: `Discard ${MAILS} jobs` }, card);
    const undo = page.getByRole('list', { name: 'Discarded lately' });
    await undo.getByText(`${MAILS} jobs`).waitFor();
    expect(await countOf(`fingerprint:${fingerprint} state:discarded`)).toBe(MAILS);
    await actOn(page, { opens: 'Undo…', reason: 'They are back.', acts: `Restore ${MAILS} jobs` });
    await undo.waitFor({ state: 'detached' });
    await card.getByText(`${MAILS} dead`).waitFor();
    expect(await countOf(`fingerprint:${fingerprint} state:dead`)).toBe(MAILS);

    smtp.play({});
    await actOn(
      page,
      { opens: 'Retry…', reason: 'The mailboxes are back.', acts: `Retry ${MAILS} jobs` },
      card,
    );
    await card.getByText(`${MAILS} dead`).waitFor({ state: 'detached' });
    const mails = () => smtp.mails().filter(({ recipients }) => recipients[0]?.startsWith('gone@'));
    await expect.poll(() => mails().length).toBe(MAILS);
    expect(await countOf('kind:mail.send state:dead')).toBe(0);
    await page.getByRole('link', { name: /^Operations/ }).click();
    const table = page.getByRole('table', { name: 'Operations' });
    await table.getByRole('row').filter({ hasText: 'stopped' }).getByRole('link').click();
    await page.getByText('left as they were').waitFor();
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByRole('table', { name: 'Audit log' }).getByText('The mailboxes are still gone.').waitFor();
  });
}
