export type { ManagedQueue, Management } from './management.ts';
export { hasRabbitmq, openVhost, type TestVhost } from './vhost.ts';
