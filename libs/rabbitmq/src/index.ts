export { createRabbitmqBroker, type RabbitmqBrokerOptions } from './broker.ts';
