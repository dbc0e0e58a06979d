import type { JobHandler } from '@leveret/core';
import { createFileBlobStore } from '@leveret/storage';
import { createFrameSource, createVideoThumbnailsHandler } from '@leveret/video';

/** What the factories of this module are told: it crosses a process boundary. */
export interface VideoOptions {
  /** Root of blob storage. */
  readonly blobFolder: string;
  /** Folders, separated by colons, where FFmpeg's programs are looked for. */
  readonly searchPath: string;
}

/** Makes the handler of `video.thumbnails`, in the child process that will run it. */
export async function createVideoThumbnails({ blobFolder, searchPath }: VideoOptions): Promise<JobHandler> {
  const blobs = await createFileBlobStore({ root: blobFolder });
  const frames = await createFrameSource({ engine: 'auto', searchPath });
  return createVideoThumbnailsHandler({ blobs, frames }) as JobHandler;
}
