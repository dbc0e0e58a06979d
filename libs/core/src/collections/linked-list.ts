/** The place of one item in a list. */
export interface Place<T> {
  readonly item: T;
}

/** Items in the order in which they were added, any of which can be taken out; not while the list is gone through: copy it for that. */
export interface LinkedList<T> extends Iterable<T> {
  /** Adds to the end. */
  add(item: T): Place<T>;
  /** Takes out what is at `place`; false when it has been taken out already. */
  remove(place: Place<T>): boolean;
  first(): T | undefined;
  /** The last item for which `holds`: looks at all behind it. */
  findLast(holds: (item: T) => boolean): T | undefined;
  size(): number;
  /** Takes everything out. */
  clear(): void;
}

interface Node<T> extends Place<T> {
  previous: Node<T> | undefined;
  next: Node<T> | undefined;
  isIn: boolean;
}

/**
 * Creates an empty list. It is for what comes and goes all the time, such as messages on their way: a `Set` makes itself a new table every
 * few hundred times, and in V8 each table keeps the next one. As soon as one of them has lived long enough to be collected rarely, all that was
 * ever in those behind it is kept until then, and copied: that was a third of what publishing a message cost.
 */
export function createLinkedList<T>(): LinkedList<T> {
  let head: Node<T> | undefined;
  let tail: Node<T> | undefined;
  let size = 0;

  function remove(node: Node<T>): boolean {
    if (!node.isIn) return false;
    const { previous, next } = node;
    if (previous === undefined) head = next;
    else previous.next = next;
    if (next === undefined) tail = previous;
    else next.previous = previous;
    // What has left keeps nothing of the list.
    node.previous = undefined;
    node.next = undefined;
    node.isIn = false;
    size -= 1;
    return true;
  }

  return {
    add(item) {
      const node: Node<T> = { item, previous: tail, next: undefined, isIn: true };
      if (tail === undefined) head = node;
      else tail.next = node;
      tail = node;
      size += 1;
      return node;
    },
    remove: (place) => remove(place as Node<T>),
    first: () => head?.item,
    findLast(holds) {
      let node = tail;
      while (node !== undefined && !holds(node.item)) node = node.previous;
      return node?.item;
    },
    size: () => size,
    clear() {
      while (head !== undefined) remove(head);
    },
    *[Symbol.iterator]() {
      for (let node = head; node !== undefined; node = node.next) yield node.item;
    },
  };
}
