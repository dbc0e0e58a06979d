export { openContender } from './contender.ts';
export { fillLedger, type LedgerContent, pick } from './questions/filled-ledger.ts';
export { type SteadyLoad, startSteadyLoad } from './questions/steady-load.ts';
export { median, percentile } from './statistics.ts';
