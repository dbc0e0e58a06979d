export { createHttpClient, type HttpClient, type JobView } from './http-client.ts';
export {
  type Installation,
  makeFolder,
  type RunningServer,
  startApi,
  startStandalone,
  startWorker,
  type TestFolder,
} from './start-apps.ts';
