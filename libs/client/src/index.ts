export type { EnqueueManyOptions, EnqueueOptions } from './enqueue-options.ts';
export { createJobClient, type JobClient, type JobClientOptions, type Receipt } from './job-client.ts';
