export { describeBlobStoreContract } from './contract/blob-store.ts';
export type { BlobStoreUnderTest } from './contract/blob-store-under-test.ts';
export { describeBrokerContract } from './contract/broker.ts';
export type { BrokerModule, BrokerUnderTest, KeptDeadLetter } from './contract/broker-under-test.ts';
export { describeJobStoreContract, type JobStoreUnderTest } from './contract/job-store.ts';
export { createInbox, type Inbox } from './inbox.ts';
