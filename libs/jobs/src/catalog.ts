import type { JobDefinition } from '@leveret/core';
import { mailSend } from './mail-send.ts';
import { videoThumbnails } from './video-thumbnails.ts';

/** Every kind of job of the applications, by kind. */
export const jobCatalog: ReadonlyMap<string, JobDefinition> = new Map<string, JobDefinition>([
  [videoThumbnails.kind, videoThumbnails],
  [mailSend.kind, mailSend],
]);

/** The queues of all kinds: every process that enqueues declares them when it starts. */
export const jobQueues: readonly string[] = [...new Set([...jobCatalog.values()].map(({ queue }) => queue))];
