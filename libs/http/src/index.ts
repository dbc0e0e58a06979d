export { type LeveretApiOptions, leveretApi } from './api.ts';
export { createJobLookup, type JobLookup, type JobLookupOptions } from './jobs/job-lookup.ts';
export { type JobRoutesOptions, jobRoutes } from './jobs/job-routes.ts';
export { type ExposeJobOptions, exposeJob, type PublicJob } from './jobs/public-job.ts';
export { type MailRoutesOptions, mailRoutes } from './mails/mail-routes.ts';
export { type ProblemRepliesOptions, problemReplies } from './problems/problem-replies.ts';
export { continueWhenRead } from './requests/expect-continue.ts';
export { jsonBody } from './requests/json-body.ts';
export { slowBodies } from './requests/slow-bodies.ts';
export { strictRequests } from './requests/strict-requests.ts';
export {
  type Access,
  createLoopbackCheck,
  guardByKey,
  guardLoopback,
  refuseForeignPages,
} from './server/access.ts';
export { bearerOf } from './server/api-keys.ts';
export { emptyResponse } from './server/contract-responses.ts';
export { type ApiDocsOptions, apiDocs } from './server/docs.ts';
export { drain } from './server/drain.ts';
export { errorRoutes } from './server/error-routes.ts';
export { type HealthRoutesOptions, healthRoutes } from './server/health-routes.ts';
export { FILE_POLICY, securityHeaders } from './server/security-headers.ts';
export { createServerOptions, type ServerOptionsSources } from './server/server-options.ts';
export { type UploadPageOptions, uploadPage } from './uploads/upload-page.ts';
export { type VideoRoutesOptions, videoRoutes } from './videos/video-routes.ts';
