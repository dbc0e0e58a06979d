import type { JobContext } from '@leveret/core';
import { mailSend, type Poster, type VideoThumbnailsPayload } from '@leveret/jobs';

/** Widest picture that goes into a mail, in pixels. */
const MAIL_WIDTH = 640;

/** Enqueues the mail that brings the pictures to `address`: JPEG, because every mail reader shows it, and none too large. */
export async function enqueueNotice(
  { payload, enqueue }: JobContext<VideoThumbnailsPayload>,
  address: string,
  posters: readonly Poster[],
): Promise<void> {
  const fitting = posters.filter(({ format, width }) => format === 'jpeg' && width <= MAIL_WIDTH);
  const pictures = fitting.length > 0 ? fitting : posters.filter(({ format }) => format === 'jpeg').slice(-1);
  const title = titleOf(payload);
  const images = pictures.map(
    ({ width, height }) =>
      `<p><img src="cid:poster-${width}" width="${width}" height="${height}" alt=""></p>`,
  );
  await enqueue(
    mailSend,
    {
      to: [address],
      subject: `Thumbnails of ${title}`,
      text: `The thumbnails of ${title} are ready; you find them attached.\n`,
      html: `<p>The thumbnails of ${escapeHtml(title)} are ready.</p>${images.join('')}`,
      attachments: pictures.map(({ blobKey, width }) => ({
        blobKey,
        fileName: `thumbnail-${width}.jpg`,
        contentType: 'image/jpeg',
        contentId: `poster-${width}`,
      })),
    },
    { key: 'notify' },
  );
}

/** What the client called the file may hold anything: one line of it is shown. */
function titleOf({ fileName }: VideoThumbnailsPayload): string {
  const name = (fileName ?? '').replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
  return name === '' ? 'your video' : name;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
