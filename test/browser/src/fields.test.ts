import { childId } from '@leveret/core';
import { expect, test } from 'vitest';
import { describeInBrowser } from './browser.ts';
import { makeClip } from './clips.ts';
import { setStage } from './stage.ts';
import { entryOf, filesField, waitForAnnouncement, waitForPicture, waitForWords } from './upload-page.ts';
import { visit } from './visit.ts';

const KEY = 'a-key-that-nobody-guesses';

describeInBrowser('the API key', () => {
  const stage = setStage({ LEVERET_API_KEYS: KEY });

  test('is asked for where one is needed: nothing is sent without', async () => {
    const page = await visit(stage());
    const field = page.getByLabel('API key');

    await filesField(page).setInputFiles(await makeClip(stage().folder, 'keyless.mp4'));
    await page.locator('form').getByText('Enter the API key first.').waitFor();
    await waitForAnnouncement(page, 'Enter the API key first.');

    expect(await field.getAttribute('aria-invalid')).toBe('true');
    expect(await field.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
    expect(await page.getByRole('heading', { level: 3 }).count()).toBe(0);
  });

  test('is asked for again when the server does not know it, and then works, pictures included', async () => {
    const page = await visit(stage(), { expectedTrouble: /status of 401/ });
    const field = page.getByLabel('API key');
    await field.fill('another-key-altogether');
    await filesField(page).setInputFiles(await makeClip(stage().folder, 'keyed.mp4'));
    const entry = entryOf(page, 'keyed.mp4');
    await page.locator('form').getByText('The server does not know this key.').waitFor();
    await waitForWords(entry, /^the request carries no valid key/);

    await field.fill(KEY);
    await entry.getByRole('button', { name: 'Try again' }).click();

    expect(await waitForPicture(entry)).toBeGreaterThan(0);
    expect(await field.getAttribute('aria-invalid')).toBeNull();
    const downloading = page.waitForEvent('download');
    await entry.getByRole('link', { name: /^JPEG/ }).first().click();
    expect((await downloading).suggestedFilename()).toBe('keyed-1280.jpg');
  });

  test('is kept for this tab, hidden, and told to the server in no address', async () => {
    const page = await visit(stage());
    const addresses: string[] = [];
    page.on('request', (request) => addresses.push(request.url()));
    await page.getByLabel('API key').fill(KEY);
    await filesField(page).setInputFiles(await makeClip(stage().folder, 'kept.mp4'));
    await waitForPicture(entryOf(page, 'kept.mp4'));

    await page.reload();

    expect(await page.getByLabel('API key').inputValue()).toBe(KEY);
    expect(await page.getByLabel('API key').getAttribute('type')).toBe('password');
    expect(await page.evaluate('localStorage.length + document.cookie.length')).toBe(0);
    expect(addresses.filter((address) => address.includes(KEY))).toEqual([]);
  });
});

describeInBrowser('the address for a mail', () => {
  const stage = setStage();

  test('gets a mail with the thumbnails', async () => {
    const page = await visit(stage());
    expect(await page.getByLabel('API key').isVisible()).toBe(false);

    await page.getByLabel('Mail the thumbnails to').fill('ann@example.com');
    await filesField(page).setInputFiles(await makeClip(stage().folder, 'mailed.mp4'));
    const entry = entryOf(page, 'mailed.mp4');
    await waitForWords(entry, /^Ready · .* · a mail goes to ann@example\.com$/);

    const picture = await entry.getByRole('link', { name: 'Thumbnail of' }).getAttribute('href');
    const [, videoId = ''] = /\/videos\/([^/]+)\//.exec(picture ?? '') ?? [];
    expect(await stage().server.client.job(await childId(videoId, 'notify'))).toMatchObject({
      kind: 'mail.send',
      state: 'succeeded',
    });
  });

  test.each(['nobody', 'nobody@', 'nobody@nowhere', 'a@example.com, b@example.com'])(
    'is asked for again when it is %j, before anything is sent',
    async (address) => {
      const page = await visit(stage());
      const field = page.getByLabel('Mail the thumbnails to');
      await field.fill(address);
      const file = await makeClip(stage().folder, 'unmailed.mp4');

      await filesField(page).setInputFiles(file);
      await page.locator('form').getByText('Correct the mail address first, or leave it empty.').waitFor();
      expect(await field.getAttribute('aria-invalid')).toBe('true');
      expect(await page.getByRole('heading', { level: 3 }).count()).toBe(0);
      await field.fill('');
      await filesField(page).setInputFiles(file);

      expect(await waitForPicture(entryOf(page, 'unmailed.mp4'))).toBeGreaterThan(0);
      expect(await field.getAttribute('aria-invalid')).toBeNull();
    },
  );

  test('is asked for again when the server alone sees that it is none, and the file can be tried again', async () => {
    const page = await visit(stage(), { expectedTrouble: /status of 422/ });
    const field = page.getByLabel('Mail the thumbnails to');
    await field.fill('a..b@example.com');
    await filesField(page).setInputFiles(await makeClip(stage().folder, 'dots.mp4'));
    const entry = entryOf(page, 'dots.mp4');
    await waitForWords(entry, /is not a mail address/);
    await page.locator('form').getByText('The server does not take this mail address.').waitFor();

    await field.fill('ab@example.com');
    await entry.getByRole('button', { name: 'Try again' }).click();

    await waitForWords(entry, /^Ready · .* · a mail goes to ab@example\.com$/);
  });
});
