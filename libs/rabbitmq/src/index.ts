export { createRabbitmqBroker, RABBITMQ_NAME, type RabbitmqBrokerOptions } from './broker.ts';
export type { TlsOptions } from './connection/amqp.ts';
export { CHECKS, type CheckName, type Finding, fixOf, type Severity } from './doctor/checks.ts';
export {
  openRabbitmqDoctor,
  type RabbitmqDoctor,
  type RabbitmqDoctorOptions,
} from './doctor/doctor.ts';
export type { JobTimeout } from './doctor/picture.ts';
