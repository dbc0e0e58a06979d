const WHOLE = 20;

/** Rounds of each fault: 20 in the whole lane. `LEVERET_TEST_ROUNDS` says how many there are in a sample. */
export const ROUNDS = Number(process.env['LEVERET_TEST_ROUNDS'] ?? WHOLE);

/** 1 in the whole lane, less in a sample: by so much a sample shortens what only has to last, or to be done often. */
export const SHARE = Math.min(ROUNDS / WHOLE, 1);
