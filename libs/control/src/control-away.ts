import { createRemoteControlSource, type LiveChannel } from '@leveret/core';

/**
 * Whether no process with the ledger answers workers. Asked as a worker asks, for no queue. Never rejects.
 * @param instanceId Of nobody: whoever asks is not noted as a worker.
 */
export async function isControlAway(live: LiveChannel, instanceId: string): Promise<boolean> {
  try {
    await createRemoteControlSource(live).view({ instanceId, queues: [], afterSeq: Number.MAX_SAFE_INTEGER });
    return false;
  } catch {
    return true;
  }
}
