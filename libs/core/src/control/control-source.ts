import type { Clock } from '../clock.ts';
import type { ControlStore } from './control-store.ts';
import type { ControlSource, WorkerPresence } from './control-view.ts';

/** How often the ledger notes that a worker is there, in milliseconds. */
export const NOTE_EVERY_MS = 5_000;

/**
 * Answers what workers ask, from a ledger in this process. A worker that is not noted yet is noted before it is answered: so whoever decides
 * something later knows that there is a worker that may not know of it. A noted worker is answered also while the ledger can only be read.
 */
export function createControlSource(
  store: Pick<ControlStore, 'view' | 'noteWorker' | 'forgetWorker'>,
  clock: Clock,
): ControlSource {
  const notedAt = new Map<string, number>();

  async function note(presence: WorkerPresence): Promise<void> {
    const { instanceId } = presence;
    const last = notedAt.get(instanceId);
    const now = clock.monotonic();
    if (last === undefined) {
      await store.noteWorker(presence);
      notedAt.set(instanceId, now);
    } else if (now - last >= NOTE_EVERY_MS) {
      notedAt.set(instanceId, now);
      // Not awaited: a ledger that cannot be written can still be read. The next one is made after the same time.
      store.noteWorker(presence).catch(() => undefined);
    }
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
