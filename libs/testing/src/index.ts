export { describeBlobStoreContract } from './contract/blob-store/blob-store.ts';
export type { BlobStoreUnderTest } from './contract/blob-store/blob-store-under-test.ts';
export { describeBrokerContract } from './contract/broker/broker.ts';
export type { BrokerModule, BrokerUnderTest, KeptDeadLetter } from './contract/broker/broker-under-test.ts';
export { describeJobStoreContract } from './contract/job-store/job-store.ts';
export type { JobStoreUnderTest } from './contract/job-store/job-store-under-test.ts';
export { describeMailerContract, type MailerUnderTest } from './contract/mailer.ts';
export { sampleEntry, sampleMessage, started, succeeded, succeededFirst } from './contract/sample-job.ts';
export { sampleMail } from './contract/sample-mail.ts';
export { createInbox, type Inbox } from './inbox.ts';
export {
  type ReceivedMail,
  type SmtpMove,
  type SmtpScript,
  type SmtpServerOptions,
  startSmtpServer,
  type TestSmtpServer,
} from './smtp-server.ts';
export { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
