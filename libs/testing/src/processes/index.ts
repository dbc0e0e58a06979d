export {
  type AppProcess,
  type AppProcessOptions,
  type ExitReport,
  projectRoot,
  startApp,
} from './app-process.ts';
