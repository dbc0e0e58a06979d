import type { Confirmation } from '@leveret/control';
import type { SeenWorker } from '@leveret/core';

/** The workers that do not know of a decision, for people. */
export function renderSilent({ silent, isControlAway }: Confirmation): readonly string[] {
  const unconfirmed = silent.map(
    ({ workerId, host, pid }) =>
      `not confirmed by worker ${workerId} (${host}, pid ${pid}): it asks the ledger before it starts another job`,
  );
  return isControlAway
    ? [
        ...unconfirmed,
        'no process with the ledger answers workers: those that could not ask for 30 s start jobs all the same; start an API process',
      ]
    : unconfirmed;
}

/** Which workers know of a decision, as `--json` prints it. */
export function toConfirmationJson({
  confirmed,
  silent,
  isControlAway,
}: Confirmation): Readonly<Record<string, unknown>> {
  return { confirmed: namesOf(confirmed), silent: namesOf(silent), isControlAway };
}

/** Workers by their names. */
export function namesOf(workers: readonly SeenWorker[]): readonly string[] {
  return workers.map(({ workerId }) => workerId);
}
