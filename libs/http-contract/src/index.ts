export { FILTER_TERMS, type FilterTermName, type FilterTermRule } from './filter/filter-terms.ts';
export { formatFilter } from './filter/format-filter.ts';
export { parseFilter } from './filter/parse-filter.ts';
export { liveness, type Readiness, readiness } from './health.ts';
export { type Job, job, jobAccepted, jobRequest } from './jobs.ts';
export { mailAccepted, mailRequest } from './mails.ts';
export { errorDescription, failure, PROBLEM_MEDIA_TYPE, type Problem, problem } from './problem.ts';
export {
  thumbnail,
  type Video,
  type VideoState,
  video,
  videoAccepted,
  videoState,
  videoUploadQuery,
} from './videos.ts';
