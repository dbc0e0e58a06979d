/** A line of a stack. */
export interface StackLine {
  readonly text: string;
  /** A frame of the application: neither of Node nor of a package. */
  readonly isOwn: boolean;
}

/** The lines of a stack, as failures hold it: a frame in each, without name and message. */
export function stackLines(stack: string): readonly StackLine[] {
  return stack.split('\n').map((text) => ({ text, isOwn: isOwnFrame(text) }));
}

function isOwnFrame(line: string): boolean {
  return /^at .*:\d+:\d+\)?$/.test(line) && !/node_modules|node:/.test(line);
}
