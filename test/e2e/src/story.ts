import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { expect } from 'vitest';
import { type HttpClient, readClip, type ThumbnailView } from './http-client.ts';

/**
 * What a user does, from an upload to its thumbnails: the same on every driver.
 *
 * @returns The id of the video's job.
 */
export async function uploadAndLook(client: HttpClient, notify: string): Promise<string> {
  const clip = await readClip();

  const accepted = await client.upload(clip, `?notify=${encodeURIComponent(notify)}`);
  const receipt = (await accepted.json()) as {
    readonly id: string;
    readonly jobId: string;
    readonly state: string;
  };
  expect(accepted.status).toBe(202);
  expect(accepted.headers.get('location')).toBe(`/v1/videos/${receipt.id}`);
  expect((await client.get(`/v1/jobs/${receipt.jobId}`)).status).toBe(200);

  const video = await client.video(receipt.id);
  expect(video).toMatchObject({
    state: 'ready',
    sizeBytes: clip.length,
    sha256: createHash('sha256').update(clip).digest('hex'),
  });
  expect(video.thumbnails.map(({ width, height, format }) => `${width}x${height} ${format}`)).toEqual([
    '1280x720 webp',
    '1280x720 jpeg',
    '640x360 webp',
    '640x360 jpeg',
    '320x180 webp',
    '320x180 jpeg',
  ]);
  for (const thumbnail of video.thumbnails) await lookAt(client, thumbnail);
  expect(await client.job(receipt.jobId)).toMatchObject({
    state: 'succeeded',
    kind: 'video.thumbnails',
    attempt: 1,
  });
  return receipt.jobId;
}

async function lookAt(
  client: HttpClient,
  { url, width, height, format, sizeBytes }: ThumbnailView,
): Promise<void> {
  const path = new URL(url, client.url).pathname;
  const whole = await client.get(path);
  const bytes = Buffer.from(await whole.arrayBuffer());
  const part = await fetch(`${client.url}${path}`, { headers: { range: 'bytes=10-19' } });

  expect(whole.headers.get('content-type')).toBe(`image/${format}`);
  expect(whole.headers.get('x-content-type-options')).toBe('nosniff');
  expect(bytes.length).toBe(sizeBytes);
  expect(await sharp(bytes).metadata()).toMatchObject({ format, width, height });
  expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 10-19/${sizeBytes}`]);
  expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(10, 20));
}
