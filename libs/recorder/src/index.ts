export { createRecorder, type Recorder, type RecorderOptions, type RecorderStatus } from './recorder.ts';
