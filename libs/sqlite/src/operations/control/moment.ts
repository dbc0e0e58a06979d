/** When a call is made. */
export interface Moment {
  /** In the time of the file: what is compared. */
  readonly now: number;
  /** By the wall clock of the caller, in milliseconds since 1970: what is shown. */
  readonly at: number;
}
