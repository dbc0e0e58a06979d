import { expect, test } from 'vitest';
import { objectionsTo } from './axe.ts';
import { describeInBrowser } from './browser.ts';
import { makeLargeClip, makeText } from './clips.ts';
import { setStage } from './stage.ts';
import {
  entryOf,
  filesField,
  overflowOf,
  waitForPicture,
  waitForProgress,
  waitForWords,
} from './upload-page.ts';
import { visit } from './visit.ts';

const LOOKS = [360, 1_440].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => [width, colorScheme] as const),
);

describeInBrowser('axe finds nothing wrong, and nothing sticks out', () => {
  const stage = setStage();

  test.each(LOOKS)(
    'at %d pixels, in the %s: empty, complaining, failed, uploading and ready',
    async (width, colorScheme) => {
      const { gate, folder } = stage();
      const page = await visit(stage(), { width, colorScheme, expectedTrouble: /status of 415/ });
      const objections: Record<string, readonly string[]> = {};
      const look = async (state: string) => {
        objections[state] = await objectionsTo(page);
        expect(await overflowOf(page.locator('html'))).toBe(0);
      };
      const file = await makeLargeClip(folder, 'a holiday.mp4');

      await look('empty');
      await page.getByLabel('Mail the thumbnails to').fill('nobody@');
      await filesField(page).setInputFiles(file);
      await look('complaining');
      await page.getByLabel('Mail the thumbnails to').fill('');
      await filesField(page).setInputFiles(await makeText(folder, 'some words.mp4'));
      await waitForWords(entryOf(page, 'some words.mp4'), /^the first bytes/);
      await look('failed');
      gate.stallAfter(1_000_000);
      await filesField(page).setInputFiles(file);
      await waitForProgress(entryOf(page, 'a holiday.mp4'));
      await look('uploading');
      gate.release();
      await waitForPicture(entryOf(page, 'a holiday.mp4'));
      await look('ready');

      expect(objections).toEqual({ empty: [], complaining: [], failed: [], uploading: [], ready: [] });
    },
  );
});
