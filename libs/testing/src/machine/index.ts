export { findProgram, hasProgram, systemPath, type TestProgram } from './programs.ts';
export { hasSampleMedia, sampleMediaFolder } from './sample-media.ts';
export { canMountDisks, mountSmallDisk, type SmallDisk } from './small-disk.ts';
