/** A consumer at work. It outlives lost connections. */
export interface Subscription {
  /**
   * Stops new deliveries; resolves when none will come any more. What was delivered can still be settled until the
   * broker is closed. Safe to call twice.
   */
  stop(): Promise<void>;
}
