/** The queue of the jobs that run while something is measured. */
export const LOAD_QUEUE = 'bench';

/** What the process with the load is asked to do. */
export type LoadCommand =
  /** To enqueue 200 jobs a second, and to run them. */
  | { readonly what: 'start' }
  /** To end that. */
  | { readonly what: 'stop' }
  /** To enqueue jobs, and to run them as fast as it can. */
  | { readonly what: 'drain'; readonly jobCount: number };

/** What it answers: that it is ready, or has done what was asked, and for a drain how many jobs it ran in a second. */
export interface LoadAnswer {
  readonly perSecond?: number;
}
