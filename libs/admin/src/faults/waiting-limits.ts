/** How long the oldest job of a queue may wait, in milliseconds, before that is a fault. */
export interface WaitingLimits {
  /** Of queues without a limit of their own. */
  readonly defaultMs: number;
  readonly byQueue: ReadonlyMap<string, number>;
}

/** Five minutes for every queue. */
export const DEFAULT_WAITING_LIMITS: WaitingLimits = { defaultMs: 300_000, byQueue: new Map() };

/** The limit of a queue, in milliseconds. */
export function waitingLimitOf({ defaultMs, byQueue }: WaitingLimits, queue: string): number {
  return byQueue.get(queue) ?? defaultMs;
}
