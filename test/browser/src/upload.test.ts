import { expect, test } from 'vitest';
import { describeInBrowser } from './browser.ts';
import { makeClip, makeLargeClip } from './clips.ts';
import { setStage } from './stage.ts';
import { entryOf, filesField, waitForPicture, waitForProgress, waitForWords } from './upload-page.ts';
import { visit } from './visit.ts';

describeInBrowser('uploading', () => {
  const stage = setStage();

  test('a chosen file shows its progress, then its thumbnails', async () => {
    const { gate, folder } = stage();
    const page = await visit(stage());
    const file = await makeLargeClip(folder, 'chosen.mp4');

    gate.stallAfter(1_000_000);
    await filesField(page).setInputFiles(file);
    const entry = entryOf(page, 'chosen.mp4');
    const progress = await waitForProgress(entry);
    gate.release();
    const width = await waitForPicture(entry);

    expect(progress).toBeGreaterThan(0);
    expect(progress).toBeLessThan(1);
    expect(width).toBeGreaterThan(0);
    expect(await entry.getByRole('progressbar').count()).toBe(0);
  });

  test('of several files two are sent at a time, in the order of their choice, and all become ready', async () => {
    const { gate, folder } = stage();
    const page = await visit(stage());
    const names = ['one.mp4', 'two.mp4', 'three.mp4'];
    const files = await Promise.all(names.map((name) => makeLargeClip(folder, name)));

    gate.stallAfter(2_000_000);
    await filesField(page).setInputFiles(files);
    for (const name of ['one.mp4', 'two.mp4']) await waitForWords(entryOf(page, name), /^Uploading · /);
    await waitForWords(entryOf(page, 'three.mp4'), 'Waiting · 32 MB');
    const order = await page.getByRole('heading', { level: 3 }).allTextContents();
    gate.release();

    expect(order).toEqual(names);
    for (const name of names) expect(await waitForPicture(entryOf(page, name))).toBeGreaterThan(0);
  });

  test('an upload that is cancelled leaves the list, and the next one begins', async () => {
    const { gate, folder } = stage();
    const page = await visit(stage());
    const names = ['first.mp4', 'second.mp4', 'third.mp4'];
    const files = await Promise.all(names.map((name) => makeLargeClip(folder, name)));

    gate.stallAfter(2_000_000);
    await filesField(page).setInputFiles(files);
    await waitForWords(entryOf(page, 'third.mp4'), /^Waiting · /);
    await page.getByRole('button', { name: 'Cancel first.mp4' }).click();
    await waitForWords(entryOf(page, 'third.mp4'), /^Uploading · /);

    expect(await page.getByRole('heading', { level: 3 }).allTextContents()).toEqual([
      'second.mp4',
      'third.mp4',
    ]);
  });

  test('each size can be downloaded in each format, under the name of the video', async () => {
    const { folder } = stage();
    const page = await visit(stage());
    await filesField(page).setInputFiles(await makeClip(folder, 'my.holiday.mp4'));
    const entry = entryOf(page, 'my.holiday.mp4');
    await waitForPicture(entry);

    const links = await entry
      .getByRole('list', { name: 'Thumbnails of my.holiday.mp4' })
      .getByRole('link')
      .all();
    const names: string[] = [];
    for (const link of links) {
      const downloading = page.waitForEvent('download');
      await link.click();
      const download = await downloading;
      expect(await download.failure()).toBeNull();
      names.push(download.suggestedFilename());
    }

    const stems = ['my.holiday-1280', 'my.holiday-640', 'my.holiday-320'];
    expect(names).toEqual(stems.flatMap((stem) => [`${stem}.webp`, `${stem}.jpg`]));
  });

  test('the large picture opens beside the page, which keeps its list', async () => {
    const { folder } = stage();
    const page = await visit(stage());
    await filesField(page).setInputFiles(await makeClip(folder, 'opened.mp4'));
    await waitForPicture(entryOf(page, 'opened.mp4'));

    const opening = page.context().waitForEvent('page');
    await entryOf(page, 'opened.mp4').getByRole('link', { name: 'Thumbnail of opened.mp4' }).click();
    const picture = await opening;
    await picture.waitForLoadState();

    expect(await picture.locator('img').evaluate((image) => image.naturalWidth)).toBe(1_280);
    expect(await entryOf(page, 'opened.mp4').count()).toBe(1);
  });

  test('nothing moves when the bytes of a picture arrive, and no more of them are fetched than its place needs', async () => {
    const { folder } = stage();
    const page = await visit(stage());
    let arrive = () => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const fetched: string[] = [];
    await page.route('**/thumbnails/*', async (route) => {
      fetched.push(route.request().url().split('/').at(-1) ?? '');
      await arrived;
      await route.continue();
    });
    await filesField(page).setInputFiles(await makeClip(folder, 'steady.mp4'));
    const entry = entryOf(page, 'steady.mp4');
    await waitForWords(entry, /^Ready · /);

    const before = await entry.boundingBox();
    const frame = await entry.getByRole('img').boundingBox();
    arrive();
    await waitForPicture(entry);

    expect(await entry.boundingBox()).toEqual(before);
    expect(await entry.getByRole('img').boundingBox()).toEqual(frame);
    expect(frame).toMatchObject({ width: 256, height: 144 });
    expect(fetched).toEqual(['320.webp']);
  });

  test('leaving the page while a file is under way asks first, and at no other time', async () => {
    const { gate, folder } = stage();
    const page = await visit(stage(), { expectedTrouble: /^dialog: beforeunload/ });
    gate.stallAfter(1_000_000);
    await filesField(page).setInputFiles(await makeLargeClip(folder, 'under-way.mp4'));
    await waitForProgress(entryOf(page, 'under-way.mp4'));

    const asking = page.waitForEvent('dialog');
    const leaving = page.reload();
    expect((await asking).type()).toBe('beforeunload');
    gate.release();
    await leaving;
    let isAskedAgain = false;
    page.once('dialog', () => {
      isAskedAgain = true;
    });
    await page.reload();

    expect(isAskedAgain).toBe(false);
  });

  test('whoever wants no motion sees none', async () => {
    const { gate, folder } = stage();
    const page = await visit(stage(), { reducedMotion: 'reduce', expectedTrouble: /net::ERR_FAILED/ });
    const countAnimations = () => page.evaluate('document.getAnimations().length');
    await page.route('**/v1/videos/*', (route) => route.abort());

    gate.stallAfter(1_000_000);
    await filesField(page).setInputFiles(await makeLargeClip(folder, 'still.mp4'));
    const entry = entryOf(page, 'still.mp4');
    await waitForProgress(entry);
    expect(await countAnimations()).toBe(0);
    gate.release();
    await waitForWords(entry, /^Uploaded · .* Still looking\.$/);
    expect(await countAnimations()).toBe(0);
    await page.unroute('**/v1/videos/*');

    expect(await waitForPicture(entry)).toBeGreaterThan(0);
  });
});
