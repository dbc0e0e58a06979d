import type { Confirmation } from '@leveret/control';
import type { SeenWorker } from '@leveret/core';

/** The workers that do not know of a decision, for people. */
export function renderSilent({ silent }: Confirmation): readonly string[] {
  return silent.map(
    ({ workerId, host, pid }) =>
      `not confirmed by worker ${workerId} (${host}, pid ${pid}): it asks the ledger before it starts another job`,
  );
}

/** Which workers know of a decision, as `--json` prints it. */
export function toConfirmationJson({ confirmed, silent }: Confirmation): Readonly<Record<string, unknown>> {
  return { confirmed: namesOf(confirmed), silent: namesOf(silent) };
}

/** Workers by their names. */
export function namesOf(workers: readonly SeenWorker[]): readonly string[] {
  return workers.map(({ workerId }) => workerId);
}
