import { expect, test } from 'vitest';
import { describeInBrowser } from './browser.ts';
import { LARGE_CLIP_BYTES, makeClip, makeHollowClip, makeLargeClip, makeText } from './clips.ts';
import { setStage } from './stage.ts';
import {
  entryOf,
  filesField,
  waitForAnnouncement,
  waitForPicture,
  waitForProgress,
  waitForWords,
} from './upload-page.ts';
import { visit } from './visit.ts';

const LIMIT_BYTES = LARGE_CLIP_BYTES;
const NO_CONTAINER = /^the first bytes are of no video container\. Send an MP4, /;

describeInBrowser('what goes wrong', () => {
  const stage = setStage({ LEVERET_UPLOAD_LIMIT_BYTES: String(LIMIT_BYTES) });

  test('a text that is named like a video is refused in the words of the server, and can be tried again', async () => {
    const { folder } = stage();
    const page = await visit(stage(), { expectedTrouble: /status of 415/ });
    await filesField(page).setInputFiles(await makeText(folder, 'words.mp4'));
    const entry = entryOf(page, 'words.mp4');
    await waitForWords(entry, NO_CONTAINER);
    await waitForAnnouncement(page, /^words\.mp4: the first bytes/);

    const answering = page.waitForResponse('**/v1/videos');
    await entry.getByRole('button', { name: 'Try again' }).click();
    expect((await answering).status()).toBe(415);
    await waitForWords(entry, NO_CONTAINER);
    await filesField(page).setInputFiles(await makeClip(folder, 'pictures.mp4'));

    expect(await waitForPicture(entryOf(page, 'pictures.mp4'))).toBeGreaterThan(0);
  });

  test('a video without pictures fails in the words of the worker', async () => {
    const page = await visit(stage());

    await filesField(page).setInputFiles(await makeHollowClip(stage().folder, 'hollow.mp4'));
    const entry = entryOf(page, 'hollow.mp4');
    await entry.getByRole('button', { name: 'Try again' }).waitFor();

    expect(await entry.getByRole('paragraph').textContent()).toMatch(/^the file cannot be read/);
    expect(await entry.getByRole('img').count()).toBe(0);
  });

  test('a file over the limit is not even sent', async () => {
    const page = await visit(stage());
    let isSent = false;
    page.on('request', (request) => {
      isSent ||= request.method() === 'POST';
    });

    await filesField(page).setInputFiles(await makeLargeClip(stage().folder, 'large.mp4', LIMIT_BYTES + 1));
    await waitForWords(entryOf(page, 'large.mp4'), 'This file has 32 MB; the server takes up to 32 MB.');
    await waitForAnnouncement(page, /^large\.mp4: This file has/);

    expect(isSent).toBe(false);
  });

  test('a file over a limit that the page did not know is refused in the words of the server', async () => {
    const page = await visit(stage(), {
      expectedTrouble: /status of 413/,
      prepare: (unloaded) =>
        unloaded.route(
          ({ pathname }) => pathname === '/',
          async (route) => {
            const html = await (await route.fetch()).text();
            await route.fulfill({
              body: html.replace(String(LIMIT_BYTES), '1000000000'),
              contentType: 'text/html',
            });
          },
        ),
    });

    await filesField(page).setInputFiles([
      await makeLargeClip(stage().folder, 'a byte too large.mp4', LIMIT_BYTES + 1),
      await makeLargeClip(stage().folder, 'much too large.mp4', LIMIT_BYTES * 2),
    ]);

    await waitForWords(entryOf(page, 'a byte too large.mp4'), /^more than \d+ bytes\. Send a smaller file/);
    await waitForWords(entryOf(page, 'much too large.mp4'), /^the upload is larger than \d+ bytes\. Send/);
  });

  test('a connection that is lost in the middle of an upload is told, and the upload can be tried again', async () => {
    const { gate, folder } = stage();
    const page = await visit(stage(), { expectedTrouble: /net::ERR_/ });
    gate.stallAfter(1_000_000);
    await filesField(page).setInputFiles(await makeLargeClip(folder, 'lost.mp4'));
    const entry = entryOf(page, 'lost.mp4');
    await waitForProgress(entry);

    gate.cut();
    await waitForWords(entry, 'The connection was lost before the server had the whole file. Try again.');
    await waitForAnnouncement(page, /^lost\.mp4: The connection was lost/);
    gate.release();
    await entry.getByRole('button', { name: 'Try again' }).click();

    expect(await waitForPicture(entry)).toBeGreaterThan(0);
  });

  test('a server that cannot be reached is told, and the upload can be tried again', async () => {
    const page = await visit(stage(), { expectedTrouble: /net::ERR_INTERNET_DISCONNECTED/ });
    await page.context().setOffline(true);
    await filesField(page).setInputFiles(await makeClip(stage().folder, 'offline.mp4'));
    const entry = entryOf(page, 'offline.mp4');
    await waitForWords(entry, 'The server cannot be reached. Check that it runs, then try again.');

    await page.context().setOffline(false);
    await entry.getByRole('button', { name: 'Try again' }).click();

    expect(await waitForPicture(entry)).toBeGreaterThan(0);
  });

  test('a server that cannot be reached for a while after the upload is asked until it answers', async () => {
    const page = await visit(stage(), { expectedTrouble: /net::ERR_FAILED|status of 503/ });
    await page.route('**/v1/videos/*', (route) => route.abort());
    await filesField(page).setInputFiles(await makeClip(stage().folder, 'patient.mp4'));
    const entry = entryOf(page, 'patient.mp4');
    await waitForWords(entry, /^Uploaded · The server cannot be reached\. .* Still looking\.$/);
    await page.unroute('**/v1/videos/*');
    await page.route('**/v1/videos/*', (route) =>
      route.fulfill({ status: 503, json: { detail: 'A pause.' } }),
    );
    await waitForWords(entry, 'Uploaded · A pause. Still looking.');
    await page.unroute('**/v1/videos/*');

    expect(await waitForPicture(entry)).toBeGreaterThan(0);
  });
});
