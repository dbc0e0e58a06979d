export { liveness, type Readiness, readiness } from './health.ts';
export { type Job, job, jobAccepted, jobRequest } from './jobs.ts';
export { mailAccepted, mailRequest } from './mails.ts';
export { errorDescription, failure, type Problem, PROBLEM_MEDIA_TYPE, problem } from './problem.ts';
export {
  type Video,
  type VideoState,
  thumbnail,
  video,
  videoAccepted,
  videoState,
  videoUploadQuery,
} from './videos.ts';
