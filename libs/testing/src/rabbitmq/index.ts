export { type ClusterVhost, startCluster, type TestCluster } from './cluster.ts';
export type { ClusterNode } from './cluster-node.ts';
export { type ControlledNode, startControlledNode } from './controlled-node.ts';
export type { ManagedQueue, Management, Permissions } from './management.ts';
export { startPrivateNode } from './private-node.ts';
export { hasServer } from './server.ts';
export { hasRabbitmq, openVhost, type TestVhost } from './vhost.ts';
