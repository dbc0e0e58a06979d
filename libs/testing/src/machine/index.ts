export { hasProgram, systemPath, type TestProgram } from './programs.ts';
