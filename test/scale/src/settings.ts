/** Jobs in the ledger: `LEVERET_TEST_JOBS`. */
export const JOB_COUNT: number = Number(process.env['LEVERET_TEST_JOBS'] ?? 1_000_000);

/** For how long pages are watched while they follow what happens: `LEVERET_TEST_MINUTES`. */
export const WATCHED_MINUTES: number = Number(process.env['LEVERET_TEST_MINUTES'] ?? 30);

/** Measured rounds of drains with and without something: `LEVERET_TEST_ROUNDS`. */
export const ROUNDS: number = Number(process.env['LEVERET_TEST_ROUNDS'] ?? 9);

/** The file that the figures are written to as JSON, if any: `LEVERET_TEST_FIGURES`. */
export const FIGURES_FILE: string | undefined = process.env['LEVERET_TEST_FIGURES'];
