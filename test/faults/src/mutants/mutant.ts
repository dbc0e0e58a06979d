/** A bug of one line, as it was seen in the wild, and the test that has to notice it. */
export interface Mutant {
  /** What the bug does. */
  readonly name: string;
  /** The file it is planted in, from the root of the project. */
  readonly file: string;
  /** The text it takes the place of; it must be there exactly once. */
  readonly find: string;
  readonly replace: string;
  readonly caughtBy: {
    /** The file of the test, from the root of the project. */
    readonly file: string;
    /** The end of the test's full name. */
    readonly test: string;
  };
}

/**
 * `source` with the bug planted.
 *
 * @throws {Error} when the text it takes the place of is not there exactly once: the code has changed, and the mutant must follow.
 */
export function plant({ name, file, find, replace }: Mutant, source: string): string {
  const parts = source.split(find);
  const [before, after] = parts;
  if (parts.length !== 2 || before === undefined || after === undefined)
    throw new Error(`"${name}" cannot be planted: its text is ${parts.length - 1} times in ${file}`);
  return `${before}${replace}${after}`;
}
