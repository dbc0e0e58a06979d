export {
  createRecorder,
  type Recorder,
  type RecorderOptions,
  type RecorderStatus,
  type RecorderStore,
} from './recorder.ts';
