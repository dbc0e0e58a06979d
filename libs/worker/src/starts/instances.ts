import {
  type AttemptName,
  createRemoteInstances,
  type InstanceDirectory,
  type LiveChannel,
} from '@leveret/core';

/** For each attempt, whether a worker runs it. */
export type InHand = (attempts: readonly AttemptName[]) => readonly boolean[];

/** The running workers of this process. They can be asked even if the connection is lost. */
const localInstances = new Map<string, InHand>();

/** Enters a worker of this process; returns how to take it out. */
export function enterInstance(instanceId: string, inHand: InHand): () => void {
  localInstances.set(instanceId, inHand);
  return () => {
    localInstances.delete(instanceId);
  };
}

/** Creates a directory of all workers: those of this process are asked here, all others over the live channel. */
export function createInstanceDirectory(live: Pick<LiveChannel, 'ask'>): InstanceDirectory {
  const remote = createRemoteInstances(live);
  return {
    ask(instanceId, attempts) {
      const local = localInstances.get(instanceId);
      return local === undefined ? remote.ask(instanceId, attempts) : Promise.resolve(local(attempts));
    },
  };
}
