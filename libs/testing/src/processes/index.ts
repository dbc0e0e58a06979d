export {
  type AppProcess,
  type AppProcessOptions,
  type ExitReport,
  type ProcessOptions,
  projectRoot,
  startApp,
  startProcess,
} from './app-process.ts';
