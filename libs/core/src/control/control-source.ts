import type { Clock } from '../clock.ts';
import type { ControlStore } from './control-store.ts';
import {
  type ControlSource,
  FORGET_WORKER_AFTER_MS,
  SEEN_WITHIN_MS,
  type WorkerPresence,
} from './control-view.ts';

/** How often the ledger notes that a worker is there, in milliseconds. */
export const NOTE_EVERY_MS = 5_000;
/** A worker that was noted longer ago, in milliseconds, may soon not count as there any more: it is noted before it is answered. */
const AWAIT_AFTER_MS = SEEN_WITHIN_MS - NOTE_EVERY_MS;

/**
 * Answers what workers ask, from a ledger in this process. A worker that was not noted lately is noted before it is answered: so whoever decides
 * something later knows that there is a worker that may not know of it. Others are answered also while the ledger can only be read.
 */
export function createControlSource(
  store: Pick<ControlStore, 'view' | 'noteWorker' | 'forgetWorker'>,
  clock: Clock,
): ControlSource {
  const notedAt = new Map<string, number>();

  async function write(presence: WorkerPresence, now: number): Promise<void> {
    await store.noteWorker(presence);
    notedAt.set(presence.instanceId, now);
    // Those that died did not leave.
    for (const [id, at] of notedAt) if (now - at >= FORGET_WORKER_AFTER_MS) notedAt.delete(id);
  }

  async function note(presence: WorkerPresence): Promise<void> {
    const now = clock.monotonic();
    const ageMs = now - (notedAt.get(presence.instanceId) ?? Number.NEGATIVE_INFINITY);
    if (ageMs < NOTE_EVERY_MS) return;
    const noted = write(presence, now);
    // Not awaited while it counts as seen: a ledger that cannot be written for a while can still be read.
    if (ageMs < AWAIT_AFTER_MS) noted.catch(() => undefined);
    else await noted;
  }

  return {
    async view(request) {
      if (request.presence !== undefined) await note(request.presence);
      return await store.view(request);
    },
    async leave(instanceId) {
      notedAt.delete(instanceId);
      await store.forgetWorker(instanceId);
    },
  };
}
