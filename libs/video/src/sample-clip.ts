import { fileURLToPath } from 'node:url';

/** Path of the project's own clip: 2.5 s of H.264, 1280 × 720, a key frame each second. For demonstrations and tests. */
export const sampleClipPath: string = fileURLToPath(new URL('../assets/sample.mp4', import.meta.url));
