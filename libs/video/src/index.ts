export { createFrameSource, type FrameSourceOptions } from './engines/create-frame-source.ts';
export type { FrameSource, OpenVideo, RgbPicture, Size, VideoFrame } from './engines/frame-source.ts';
export { sampleClipPath } from './sample-clip.ts';
export {
  createVideoThumbnailsHandler,
  type VideoThumbnailsHandlerOptions,
} from './video-thumbnails-handler.ts';
