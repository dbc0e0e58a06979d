export { type Close, type ClosingSteps, createClosingSteps } from './closing-steps.ts';
export { type Environment, parseEnvironment } from './parse-environment.ts';
export { rabbitmqSettings, toBroker } from './rabbitmq-settings.ts';
export { retentionSetting } from './retention-setting.ts';
export {
  describeFailure,
  type HostProcess,
  type RunningApplication,
  type RunOptions,
  runApplication,
} from './run-application.ts';
export {
  apiKeysSetting,
  type BrokerSetting,
  blobSetting,
  brokerSetting,
  concurrencySetting,
  dataDirSetting,
  hostSetting,
  LEVERET_VARIABLES,
  logLevelSetting,
  type MailSetting,
  mailFromSetting,
  mailSetting,
  portSetting,
  queuesSetting,
  storeSetting,
  uploadLimitSetting,
} from './settings.ts';
export { type WaitingLimitSetting, waitingLimitSetting } from './waiting-limit-setting.ts';
