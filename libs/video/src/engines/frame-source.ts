/** Width and height, in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A picture as three bytes a pixel: red, green, blue; rows from top to bottom without padding. */
export interface RgbPicture extends Size {
  readonly data: Uint8Array;
}

/** A picture of a video, and when it is shown. */
export interface VideoFrame {
  readonly picture: RgbPicture;
  /** In seconds from the start of the video. */
  readonly atSeconds: number;
}

/** A video whose facts are known and within the limits. */
export interface OpenVideo {
  /** What a viewer sees: rotation and pixel aspect applied. */
  readonly shownSize: Size;
  /** Absent where the file does not say. */
  readonly durationSeconds: number | undefined;
  /** The key frame at or before `atSeconds`, scaled to `size`; undefined when there is none that can be decoded. */
  keyFrame(atSeconds: number, size: Size): Promise<VideoFrame | undefined>;
  /** Frames from the start, about one for each half second, at most `count`, scaled to `size`. Slow: everything is decoded. */
  samples(count: number, size: Size): AsyncIterable<VideoFrame>;
  close(): Promise<void>;
}

/** Decodes videos: untrusted files, so it belongs into a child process with limits. */
export interface FrameSource {
  /** What it is made of, for logs. */
  readonly name: string;
  /**
   * Opens a file.
   *
   * @param path Absolute path of a local file whose container is on the allow-list.
   * @throws {LeveretError} `VIDEO_UNSUPPORTED` without a video stream that can be decoded, `VIDEO_UNDECODABLE` for a
   *   damaged file, `VIDEO_TOO_LARGE`; whatever `signal` aborts with.
   */
  open(path: string, signal: AbortSignal): Promise<OpenVideo>;
}
