export {
  createJobClient,
  type EnqueueOptions,
  type JobClient,
  type JobClientOptions,
  type Receipt,
} from './job-client.ts';
