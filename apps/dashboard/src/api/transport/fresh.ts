/** For so long an answer that was asked for ahead of its page counts as new, in milliseconds: then the page does not ask again. */
export const FRESH_MS = 1_000;
