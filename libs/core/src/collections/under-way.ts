/** Counts what has begun and not ended. */
export interface UnderWay {
  begin(): void;
  end(): void;
  count(): number;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/** Creates a count of nothing. It keeps no more than a number of what is under way: it is used for every job. */
export function createUnderWay(): UnderWay {
  const listeners = new Set<() => void>();
  let count = 0;
  return {
    begin() {
      count += 1;
    },
    end() {
      count -= 1;
      if (count > 0) return;
      for (const listener of listeners) listener();
      listeners.clear();
    },
    count: () => count,
    idle: () => (count === 0 ? Promise.resolve() : new Promise((resolve) => listeners.add(resolve))),
  };
}
