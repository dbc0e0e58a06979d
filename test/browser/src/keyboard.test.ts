import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeInBrowser } from './browser.ts';
import { makeClip, makeText } from './clips.ts';
import { setStage } from './stage.ts';
import { announcements, entryOf, waitForAnnouncement, waitForPicture, waitForWords } from './upload-page.ts';
import { visit } from './visit.ts';

/** What has the focus: its name, and whether a ring around it (or around the zone it stands for) is to be seen. */
const DESCRIBE_FOCUS = `(() => {
  const { activeElement } = document;
  const shown = activeElement.closest('.drop') ?? activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(shown);
  const { width, height } = shown.getBoundingClientRect();
  return {
    name: activeElement.ariaLabel || activeElement.querySelector('img')?.alt || activeElement.textContent || activeElement.id,
    isRinged: outlineStyle === 'solid' && parseFloat(outlineWidth) >= 2 && width >= 20 && height >= 20,
  };
})()`;

interface Focus {
  readonly name: string;
  readonly isRinged: boolean;
}

function focusOf(page: Page): Promise<Focus> {
  return page.evaluate<Focus>(DESCRIBE_FOCUS);
}

/** Presses Tab so many times; returns what had the focus after each. Whatever has it must show that. */
async function walk(page: Page, stepCount: number): Promise<readonly string[]> {
  const names: string[] = [];
  for (let step = 0; step < stepCount; step += 1) {
    await page.keyboard.press('Tab');
    const { name, isRinged } = await focusOf(page);
    expect({ name, isRinged }).toEqual({ name, isRinged: true });
    names.push(name);
  }
  return names;
}

/** Chooses files as a keyboard does: goes to the field, opens the chooser. */
async function chooseByKeyboard(page: Page, files: readonly string[]): Promise<void> {
  while ((await focusOf(page)).name !== 'files') await page.keyboard.press('Tab');
  const choosing = page.waitForEvent('filechooser');
  await page.keyboard.press('Enter');
  await (await choosing).setFiles(files);
}

describeInBrowser('without a mouse', () => {
  const stage = setStage();

  test('everything can be reached, in the order of reading, and shows that it has the focus', async () => {
    const page = await visit(stage());
    await chooseByKeyboard(page, [await makeClip(stage().folder, 'reached.mp4')]);
    await waitForPicture(entryOf(page, 'reached.mp4'));
    await page.reload();
    expect(await walk(page, 4)).toEqual(['API', 'Health', 'files', 'notify']);

    await page.keyboard.press('Shift+Tab');
    await chooseByKeyboard(page, [await makeClip(stage().folder, 'reached.mp4')]);
    await waitForPicture(entryOf(page, 'reached.mp4'));

    expect((await walk(page, 9)).map((name) => name.replace(/\s[\d.]+\s(kB|bytes)$/, ''))).toEqual([
      'notify',
      'Thumbnail of reached.mp4, opens in a new tab',
      ...Array.from({ length: 3 }, () => ['WebP', 'JPEG']).flat(),
      'Remove reached.mp4',
    ]);
  });

  test('a refused file can be tried again, and everything removed; the focus is never lost', async () => {
    const { folder } = stage();
    const page = await visit(stage(), { expectedTrouble: /status of 415/ });
    await chooseByKeyboard(page, [await makeText(folder, 'words.mp4'), await makeClip(folder, 'clip.mp4')]);
    await waitForWords(entryOf(page, 'words.mp4'), /^the first bytes/);
    await waitForPicture(entryOf(page, 'clip.mp4'));

    expect(await walk(page, 2)).toEqual(['notify', 'Try again: words.mp4']);
    const answering = page.waitForResponse('**/v1/videos');
    await page.keyboard.press('Enter');
    expect((await focusOf(page)).name).toContain('words.mp4');
    await answering;
    await waitForWords(entryOf(page, 'words.mp4'), /^the first bytes/);
    expect(await walk(page, 2)).toEqual(['Try again: words.mp4', 'Remove words.mp4']);
    await page.keyboard.press('Space');
    const neighbour = await focusOf(page);
    expect(neighbour.name).toContain('clip.mp4');
    expect(neighbour.isRinged).toBe(true);
    expect((await walk(page, 8)).at(-1)).toBe('Remove clip.mp4');
    await page.keyboard.press('Enter');

    expect(await focusOf(page)).toEqual({ name: 'files', isRinged: true });
    expect(await page.getByRole('heading', { level: 3 }).count()).toBe(0);
  });

  test('whoever does not see the page is told what happens to each file', async () => {
    const { folder } = stage();
    const page = await visit(stage());

    await chooseByKeyboard(page, [await makeClip(folder, 'a.mp4'), await makeClip(folder, 'b.mp4')]);
    for (const name of ['a.mp4', 'b.mp4']) {
      await waitForAnnouncement(page, `The thumbnails of ${name} are ready.`);
    }
    await page.getByRole('button', { name: 'Remove b.mp4' }).press('Enter');
    await waitForAnnouncement(page, 'b.mp4 was removed from the list.');

    const said = await announcements(page);
    expect(said.filter((line) => line.includes('a.mp4'))).toEqual([
      'Uploading a.mp4.',
      'a.mp4 is uploaded. Its thumbnails are being made.',
      'The thumbnails of a.mp4 are ready.',
    ]);
    expect(await page.getByRole('log').getAttribute('aria-live')).toBe('polite');
  });
});
