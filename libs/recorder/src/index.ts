export { type BlobSweeper, type BlobSweeperOptions, startBlobSweeper } from './blob-sweeper.ts';
export {
  createRecorder,
  type Recorder,
  type RecorderOptions,
  type RecorderStatus,
  type RecorderStore,
} from './recorder.ts';
