/** What arrives, kept until somebody asks for it. */
export interface Inbox<T> {
  /** Takes an item in. */
  put(item: T): void;
  /** The next item, as soon as there is one. */
  next(): Promise<T>;
  /** The next `count` items. */
  take(count: number): Promise<readonly T[]>;
  /** How many items wait to be taken. */
  size(): number;
}

/** Creates an inbox. */
export function createInbox<T>(): Inbox<T> {
  const items: T[] = [];
  const waiting: ((item: T) => void)[] = [];
  const next = () =>
    new Promise<T>((resolve) => {
      const item = items.shift();
      if (item === undefined) waiting.push(resolve);
      else resolve(item);
    });
  return {
    put(item) {
      const waiter = waiting.shift();
      if (waiter === undefined) items.push(item);
      else waiter(item);
    },
    next,
    async take(count) {
      const taken: T[] = [];
      while (taken.length < count) taken.push(await next());
      return taken;
    },
    size: () => items.length,
  };
}
