import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReceivedMail } from '@leveret/testing';
import { hasSampleMedia, sampleMediaFolder } from '@leveret/testing/machine';
import { expect, test } from 'vitest';
import type { Walker } from './walker.ts';

/** Real videos, and a file without a picture. */
const [FLOWER, PORTRAIT, SOUND] = ['flower-960x540.mp4', 'portrait-rot90-720p.mp4', 'audio-only.mp4'];

/** Videos, from the upload to the mail with their thumbnails. */
export function walkVideos({ stack, open, jobOnce }: Walker): void {
  test.skipIf(!hasSampleMedia())(
    'videos become thumbnails and a mail, and a file without a picture is dead with the reason',
    async () => {
      const { admin, api, smtp } = stack();
      const page = await open('/jobs?filter=queue:video', admin);
      await page.getByText('No job matches this filter.').waitFor();

      const upload = async (name: string, query = '') => {
        const answer = await api.client.upload(await readFile(join(sampleMediaFolder(), name)), query);
        return ((await answer.json()) as { readonly jobId: string }).jobId;
      };
      const rowOf = (id: string) => page.getByRole('row').filter({ has: page.locator(`a[href$="${id}"]`) });
      const flower = await upload(FLOWER, '?notify=ann@example.com');
      // An empty list shows its first jobs by itself: only those that come later are behind the pill.
      await rowOf(flower).filter({ hasText: 'Succeeded' }).waitFor();
      const [portrait, sound] = [await upload(PORTRAIT), await upload(SOUND)];
      await page.getByRole('button', { name: '2 new', exact: true }).click();
      await rowOf(portrait).filter({ hasText: 'Succeeded' }).waitFor();
      await rowOf(sound).filter({ hasText: 'VIDEO_UNSUPPORTED' }).waitFor();

      await rowOf(flower).getByRole('link').click();
      await page.getByText('posters:').waitFor();
      await page.getByText('attempt 1 ended after').first().waitFor({ state: 'attached' });
      const isNotice = ({ parsed }: ReceivedMail) => parsed.subject === 'Thumbnails of your video';
      await expect.poll(() => smtp.mails().filter(isNotice)).toHaveLength(1);
      await page.goto(`${stack().url}/jobs/${sound}`);
      await page.getByText('Dead after 1 attempt').waitFor();

      expect((await jobOnce(portrait, 'succeeded')).job.hasResult).toBe(true);
      expect(smtp.mails().find(isNotice)?.parsed.attachments.length).toBeGreaterThan(0);
    },
  );
}
