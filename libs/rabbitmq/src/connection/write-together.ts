import type { Writable } from 'node:stream';

/**
 * Has `stream` send what it is given in one turn of the event loop with one system call. amqplib makes a call for every message
 * and acknowledgement, and each wakes the broker: with a hundred messages in flight that was half of what publishing cost. Nothing
 * waits for it: what was written leaves as soon as the code that is running has ended.
 */
export function writeTogether(stream: Pick<Writable, 'write' | 'cork' | 'uncork'>): void {
  const write = stream.write.bind(stream);
  let isCorked = false;
  const uncork = () => {
    isCorked = false;
    stream.uncork();
  };
  // amqplib hands over bytes and nothing else.
  stream.write = (bytes: Uint8Array | string) => {
    if (!isCorked) {
      isCorked = true;
      stream.cork();
      process.nextTick(uncork);
    }
    return write(bytes);
  };
}
