import { readFile } from 'node:fs/promises';
import { sampleClipPath } from '@leveret/video';
import { expect, test } from 'vitest';
import { describeInBrowser } from './browser.ts';
import { setStage } from './stage.ts';
import { filesField, overflowOf, waitForPicture } from './upload-page.ts';
import { visit } from './visit.ts';

const NAMES = [
  '<img src=x onerror=alert(1)>.mp4',
  '<script>alert(1)</script>.mp4',
  '"><svg onload=alert(1)>\'.mp4',
  `{{7*7}}\${7*7}<%= 7*7 %>.mp4`,
  '__proto__',
  '.mp4',
  `${'W'.repeat(196)}.mp4`,
  'رحلة إلى البحيرة في الصيف الماضي مع العائلة כל המשפחה.mp4',
  'annual\u202e4pm.exe',
  `${'🎬🐇'.repeat(20)} family 👨‍👩‍👧‍👦.mp4`,
];
/** Widths of windows, in pixels, and how high an entry may be there: two lines of name, status, three sizes, a picture. */
const WIDTHS = [
  [320, 430],
  [360, 400],
  [600, 210],
  [800, 210],
  [1_000, 210],
  [1_440, 210],
] as const;

describeInBrowser('names of files', () => {
  const stage = setStage();

  test('D-01 and U-04: whatever a file is called, that is shown as text, and the layout holds at every width', async () => {
    const page = await visit(stage());
    const buffer = await readFile(sampleClipPath);

    await filesField(page).setInputFiles(NAMES.map((name) => ({ name, mimeType: 'video/mp4', buffer })));
    const entries = await page.locator('.upload').all();
    for (const entry of entries) await waitForPicture(entry);

    expect(await page.getByRole('heading', { level: 3 }).allTextContents()).toEqual(NAMES);
    expect(await page.locator('bdi > *').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(1);
    for (const [width, mostHigh] of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      expect({ width, overflow: await overflowOf(page.locator('html')) }).toEqual({ width, overflow: 0 });
      for (const entry of entries) {
        expect({ width, overflow: await overflowOf(entry) }).toEqual({ width, overflow: 0 });
        expect((await entry.boundingBox())?.height).toBeLessThan(mostHigh);
      }
    }
  });
});
