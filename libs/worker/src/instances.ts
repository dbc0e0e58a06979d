import type { AttemptName, InstanceDirectory } from '@leveret/core';

/** Says for each attempt whether a worker has it in hand. */
export type InHand = (attempts: readonly AttemptName[]) => readonly boolean[];

/** The workers of this process that are at work. They are known here whatever connection they have. */
const localInstances = new Map<string, InHand>();

/** Enters a worker of this process; returns how to take it out. */
export function enterInstance(instanceId: string, inHand: InHand): () => void {
  localInstances.set(instanceId, inHand);
  return () => {
    localInstances.delete(instanceId);
  };
}

/** Creates a directory of the workers of this process. */
export function createInstanceDirectory(): InstanceDirectory {
  return {
    ask: (instanceId, attempts) => Promise.resolve(localInstances.get(instanceId)?.(attempts)),
  };
}
