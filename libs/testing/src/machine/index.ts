export { hasProgram, systemPath, type TestProgram } from './programs.ts';
export { canMountDisks, mountSmallDisk, type SmallDisk } from './small-disk.ts';
