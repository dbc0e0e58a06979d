import type { Awareness } from '@leveret/control';
import type { SeenWorker, UnawareWorker } from '@leveret/core';
import { withMoments } from '../ledger/moments.ts';

/** The workers that may not know of a decision, for people. */
export function renderUnconfirmed({ silent, isControlAway, unaware }: Awareness): readonly string[] {
  return [
    ...silent.map(
      ({ workerId, host, pid }) =>
        `not confirmed by worker ${workerId} (${host}, pid ${pid}): it asks the ledger before it starts another job`,
    ),
    ...renderUnaware(unaware),
    ...(isControlAway
      ? [
          'no process with the ledger answers workers: those that could not ask for 30 s start jobs all the same; start an API process',
        ]
      : []),
  ];
}

/** The workers that do not ask what is decided, for people. */
export function renderUnaware(workers: readonly UnawareWorker[]): readonly string[] {
  return workers.map(
    ({ workerId, host = 'unknown host', version = 'unknown', lastStartAt }) =>
      `warning: worker ${workerId} (${host}, version ${version}) started a job of the queue at ${new Date(lastStartAt).toISOString()} and does not ask what is decided: if it still runs, it may start what is forbidden; update or stop it`,
  );
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
