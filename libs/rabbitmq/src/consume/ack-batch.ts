/** What acknowledging is done on. */
export interface AckChannel {
  /** Acknowledges `tag`, and everything before it when `upTo` is set. */
  ack(tag: number, upTo: boolean): void;
}

/** Acknowledges the deliveries of one channel. */
export interface AckBatch {
  /** Takes note of a delivery; tags come in ascending order. */
  delivered(tag: number): void;
  /** Acknowledges at the end of this turn of the event loop. */
  ack(tag: number): void;
  /** The delivery is given back by other means, at once. */
  forget(tag: number): void;
  /** Deliveries neither acknowledged nor given back. */
  unsettledCount(): number;
  /** Sends off what is gathered. */
  flush(): void;
}

/**
 * Creates a batch. Each turn of the event loop it sends one multiple acknowledgement for the finished beginning of what is
 * unsettled, and a single one for each other finished delivery: a slow job at the head holds nobody back.
 *
 * @param later Calls back at the end of the turn; `setImmediate` in production.
 */
export function createAckBatch(channel: AckChannel, later: (run: () => void) => void): AckBatch {
  /** Unsettled tags in the order of delivery, and whether each is finished. */
  const finishedByTag = new Map<number, boolean>();
  let gathered: number[] = [];

  function flush(): void {
    const tags = gathered;
    gathered = [];
    if (tags.length === 0) return;
    const prefixEnd = takeFinishedPrefix();
    if (prefixEnd !== undefined) channel.ack(prefixEnd, true);
    for (const tag of tags) {
      if (finishedByTag.delete(tag)) channel.ack(tag, false);
    }
  }

  function takeFinishedPrefix(): number | undefined {
    let end: number | undefined;
    for (const [tag, finished] of finishedByTag) {
      if (!finished) break;
      finishedByTag.delete(tag);
      end = tag;
    }
    return end;
  }

  return {
    delivered: (tag) => {
      finishedByTag.set(tag, false);
    },
    ack(tag) {
      if (finishedByTag.get(tag) !== false) return;
      finishedByTag.set(tag, true);
      gathered.push(tag);
      if (gathered.length === 1) later(flush);
    },
    forget: (tag) => {
      finishedByTag.delete(tag);
    },
    unsettledCount: () => finishedByTag.size,
    flush,
  };
}
