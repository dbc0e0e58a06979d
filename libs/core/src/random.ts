/** Uniform in [0, 1). Injected wherever chance is needed, so that tests state exact outcomes. */
export type Random = () => number;

/** 2^53: the number of distinct values a double holds in [0, 1) at even spacing. */
const FRACTIONS = 2 ** 53;
/** Words drawn from the operating system at a time: a call per number would cost a microsecond each. */
const POOL_WORDS = 512;

const pool = new Uint32Array(POOL_WORDS);
let used = POOL_WORDS;

function nextWord(): number {
  if (used === POOL_WORDS) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  return pool[used++] ?? 0;
}

/** Unpredictable randomness from the operating system: good enough for ids that must not be guessed. */
export const systemRandom: Random = () => {
  const high = nextWord() >>> 5;
  const low = nextWord() >>> 6;
  return (high * 2 ** 26 + low) / FRACTIONS;
};
