/** What a job's payload, result and progress may hold: anything that survives a round trip through JSON. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };
