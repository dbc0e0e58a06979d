/** A row of things that wait: however long it is, each step costs the same. */
export interface Fifo<T> {
  /** Adds to the end. */
  push(item: T): void;
  /** Puts back to the front what was just taken from there. */
  putBack(item: T): void;
  /** Takes from the front. */
  shift(): T | undefined;
  /** What is at the front. */
  peek(): T | undefined;
  size(): number;
}

/** Taken places are let go of in lots of at least so many. */
const LOT = 1_024;

/** Creates an empty row. */
export function createFifo<T>(): Fifo<T> {
  let items: (T | undefined)[] = [];
  let head = 0;
  return {
    push(item) {
      items.push(item);
    },
    putBack(item) {
      if (head === 0) items.unshift(item);
      else {
        head -= 1;
        items[head] = item;
      }
    },
    shift() {
      if (head === items.length) return undefined;
      const item = items[head];
      items[head] = undefined;
      head += 1;
      if (head >= LOT && head * 2 >= items.length) {
        items = items.slice(head);
        head = 0;
      }
      return item;
    },
    peek: () => items[head],
    size: () => items.length - head,
  };
}
