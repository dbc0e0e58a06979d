import type { Awareness } from '@leveret/control';
import type { SeenWorker } from '@leveret/core';
import { withMoments } from '../ledger/moments.ts';

/** The workers that may not know of a decision, for people. */
export function renderUnconfirmed({ silent, isControlAway, unaware }: Awareness): readonly string[] {
  return [
    ...silent.map(
      ({ workerId, host, pid }) =>
        `not confirmed by worker ${workerId} (${host}, pid ${pid}): it asks the ledger before it starts another job`,
    ),
    ...unaware.map(
      ({ workerId, host = 'unknown host', version = 'unknown' }) =>
        `warning: worker ${workerId} (${host}, version ${version}) started jobs of the queue in the last hour and does not ask what is decided: if it still runs, it may start what is forbidden; update or stop it`,
    ),
    ...(isControlAway
      ? [
          'no process with the ledger answers workers: those that could not ask for 30 s start jobs all the same; start an API process',
        ]
      : []),
  ];
}

/** Which workers know of a decision, as `--json` prints it. */
export function toConfirmationJson({
  confirmed,
  silent,
  isControlAway,
  unaware,
}: Awareness): Readonly<Record<string, unknown>> {
  return {
    confirmed: namesOf(confirmed),
    silent: namesOf(silent),
    isControlAway,
    unaware: unaware.map(withMoments),
  };
}

/** Workers by their names. */
export function namesOf(workers: readonly SeenWorker[]): readonly string[] {
  return workers.map(({ workerId }) => workerId);
}
