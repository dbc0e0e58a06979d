import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sampleClipPath } from '@leveret/video';
import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeInBrowser } from './browser.ts';
import { makeClip } from './clips.ts';
import { setStage } from './stage.ts';
import { entryOf, waitForPicture } from './upload-page.ts';
import { visit } from './visit.ts';

/** Steps of a drag, as the browser gets them from the desktop. */
const DRAG = ['dragEnter', 'dragOver', 'drop'] as const;

/** Drags files over `target` as a desktop does, up to the last of `steps`. */
async function drag(
  page: Page,
  {
    files,
    target,
    steps,
  }: { files: readonly string[]; target: Locator; steps: readonly (typeof DRAG)[number][] },
): Promise<void> {
  const box = await target.boundingBox();
  if (box === null) throw new Error('there is nothing to be seen to drop on');
  const session = await page.context().newCDPSession(page);
  const point = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const data = { items: [], files: [...files], dragOperationsMask: 1 };
  for (const type of steps) await session.send('Input.dispatchDragEvent', { type, ...point, data });
  await session.detach();
}

describeInBrowser('dropping', () => {
  const stage = setStage();

  test('files dropped on the zone become thumbnails, and the zone shows that it takes them', async () => {
    const page = await visit(stage());
    const { folder } = stage();
    const files = [await makeClip(folder, 'dropped.mp4'), await makeClip(folder, 'dropped too.mp4')];
    const target = page.getByText('Drop videos here');
    const zone = page.locator('.drop');
    const borderOf = () =>
      zone.evaluate((element) => element.ownerDocument.defaultView.getComputedStyle(element).borderStyle);

    await drag(page, { files, target, steps: ['dragEnter', 'dragOver'] });
    const borderWhileOver = await borderOf();
    await drag(page, { files, target, steps: ['drop'] });

    expect(borderWhileOver).toBe('solid');
    expect(await borderOf()).toBe('dashed');
    expect(await waitForPicture(entryOf(page, 'dropped.mp4'))).toBeGreaterThan(0);
    expect(await waitForPicture(entryOf(page, 'dropped too.mp4'))).toBeGreaterThan(0);
  });

  test('a file that misses the zone is taken all the same, instead of replacing the page', async () => {
    const page = await visit(stage());
    const files = [await makeClip(stage().folder, 'missed.mp4')];

    await drag(page, { files, target: page.getByRole('heading', { level: 1 }), steps: DRAG });

    expect(await waitForPicture(entryOf(page, 'missed.mp4'))).toBeGreaterThan(0);
  });

  test('a folder is left out, in words, and the file beside it is taken', async () => {
    const page = await visit(stage());
    const { folder } = stage();
    const directory = join(folder, 'a folder');
    await mkdir(directory);
    const files = [directory, await makeClip(folder, 'beside.mp4')];

    await drag(page, { files, target: page.getByText('Drop videos here'), steps: DRAG });

    await page.locator('form').getByText('Folders are left out: drop the files in them.').waitFor();
    expect(await waitForPicture(entryOf(page, 'beside.mp4'))).toBeGreaterThan(0);
    expect(await page.getByRole('heading', { level: 3 }).allTextContents()).toEqual(['beside.mp4']);
  });

  test('what a script drops by a DataTransfer is taken like what a hand drops', async () => {
    const page = await visit(stage());
    const clip = (await readFile(sampleClipPath)).toString('base64');
    const transfer = await page.evaluateHandle(`(() => {
      const bytes = Uint8Array.from(atob('${clip}'), (letter) => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], 'scripted.mp4', { type: 'video/mp4' }));
      return transfer;
    })()`);

    await page.locator('.drop').dispatchEvent('drop', { dataTransfer: transfer });

    expect(await waitForPicture(entryOf(page, 'scripted.mp4'))).toBeGreaterThan(0);
  });
});
