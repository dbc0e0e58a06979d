/** Closes one thing. */
export type Close = () => Promise<void>;

/** How to close what a process has opened so far. */
export interface ClosingSteps {
  /** Takes note of what was just opened. Several are closed side by side. */
  add(...closes: readonly Close[]): void;
  /**
   * Closes everything, the newest first. One that fails keeps none of the others open; the first failure is thrown when all
   * are done. Safe to call twice: each is closed once.
   */
  run(): Promise<void>;
  /** Does `open`. If it fails, closes everything and throws its error: what kept a process from starting is what people must read. */
  attempt<T>(open: () => Promise<T>): Promise<T>;
}

/** Creates a list of steps for whoever opens one thing after the other, and closes them whether or not the next one opens. */
export function createClosingSteps(): ClosingSteps {
  const steps: (readonly Close[])[] = [];

  async function run(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      const outcomes = await Promise.allSettled(step.map(async (close) => await close()));
      for (const outcome of outcomes) if (outcome.status === 'rejected') failures.push(outcome.reason);
    }
    if (failures.length > 0) throw failures[0];
  }

  return {
    add(...closes) {
      steps.push(closes);
    },
    run,
    async attempt(open) {
      try {
        return await open();
      } catch (error) {
        await run().catch(() => undefined);
        throw error;
      }
    },
  };
}
