import { fileURLToPath } from 'node:url';

/** Path of the project's own clip: 2.6 s of H.264, 640 × 360, three scenes. For demonstrations and tests. */
export const sampleClipPath: string = fileURLToPath(new URL('../assets/sample.mp4', import.meta.url));
