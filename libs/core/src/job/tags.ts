/** Most tags of a job, those of its definition included. */
export const MAX_TAGS = 16;
/** Longest tag, in characters (UTF-16 units). */
export const MAX_TAG_LENGTH = 64;

/** Whether `tag` can be a tag: 1 to 64 characters without control characters, lone surrogates, and white space at its ends. */
export function isTag(tag: unknown): tag is string {
  return (
    typeof tag === 'string' &&
    tag.length <= MAX_TAG_LENGTH &&
    tag.trim() === tag &&
    tag !== '' &&
    !/[\p{Cc}\p{Surrogate}]/u.test(tag)
  );
}

/** The tags of both lists, each once, in order. @throws {RangeError} for a tag that is none, and for more than {@link MAX_TAGS}. */
export function joinTags(tags: readonly string[], more: readonly string[]): readonly string[] {
  // Nearly always.
  if (tags.length === 0 && more.length === 0) return tags;
  const joined = [...new Set([...tags, ...more])];
  const wrong = joined.filter((tag) => !isTag(tag));
  if (wrong.length > 0)
    throw new RangeError(
      `a tag has 1 to ${MAX_TAG_LENGTH} characters, no control characters, and no white space at its ends; got ${JSON.stringify(String(wrong[0]).slice(0, MAX_TAG_LENGTH))}`,
    );
  if (joined.length > MAX_TAGS)
    throw new RangeError(
      `a job has at most ${MAX_TAGS} tags, those of its kind included; got ${joined.length}`,
    );
  return joined;
}
