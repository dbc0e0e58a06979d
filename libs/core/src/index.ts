export {
  type BlobStat,
  type BlobStore,
  type OpenOptions,
  type PutOptions,
  type StoredBlob,
} from './blob-store.ts';
export {
  type Broker,
  type BrokerStatus,
  type ConsumeOptions,
  type Delivery,
  type QueueCounts,
  type SettleOptions,
  type Subscription,
  type Successor,
} from './broker.ts';
export {
  sleep,
  systemClock,
  withDeadline,
  type Cancel,
  type Clock,
} from './clock.ts';
export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorRule,
} from './error-codes.ts';
export {
  errorRule,
  isErrorCode,
  LeveretError,
  MAX_FAILURE_MESSAGE,
  messageOf,
  toFailure,
  type Failure,
  type LeveretErrorOptions,
} from './errors.ts';
export {
  isOutcome,
  type AcceptedEvent,
  type DeadLetteredEvent,
  type HandedBackEvent,
  type HeldEvent,
  type JobEvent,
  type JobEventBase,
  type OutcomeEvent,
  type ProgressEvent,
  type RetriedEvent,
  type StartedEvent,
  type SucceededEvent,
} from './events.ts';
export {
  childId,
  isUuid,
  newId,
} from './ids.ts';
export {
  deadLetter,
  DEFAULT_TIMEOUT_MS,
  defineJob,
  isDeadLetter,
  MAX_TIMEOUT_MS,
  validatePayload,
  type ChildOptions,
  type DeadLetterVerdict,
  type JobContext,
  type JobDefinition,
  type JobHandler,
  type JobInfo,
  type JobOptions,
  type PayloadInput,
  type PayloadOutput,
} from './job.ts';
export {
  applyEvent,
  toRecord,
  type Acceptance,
  type JobRecord,
} from './job-record.ts';
export {
  type ClaimOptions,
  type JobStore,
  type LedgerEntry,
  type StoreStatus,
} from './job-store.ts';
export {
  type Json,
} from './json.ts';
export {
  silentLogger,
  type LogFields,
  type Logger,
} from './logger.ts';
export {
  type Mail,
  type MailAttachment,
  type Mailer,
  type RecipientOutcome,
  type SendOptions,
} from './mailer.ts';
export {
  decodePayload,
  encodePayload,
  MAX_PAYLOAD_BYTES,
  MESSAGE_VERSION,
  type JobMessage,
  type OutgoingMessage,
} from './message.ts';
export {
  isJobKind,
  isQueueName,
  MAX_NAME_LENGTH,
} from './names.ts';
export {
  systemRandom,
  type Random,
} from './random.ts';
export {
  DEFAULT_RETRY,
  exponentialBackoff,
  MAX_DELAY_MS,
  retryDelayMs,
  type RetryPolicy,
} from './retry-policy.ts';
export {
  decideSettlement,
  MAX_HELD_MS,
  type AttemptResult,
  type Settlement,
  type SettlementInput,
} from './settlement.ts';
export {
  JOB_STATES,
  type JobState,
  type StateRule,
} from './states.ts';
export {
  SNIFF_BYTES,
  sniffVideoContainer,
  type VideoContainer,
} from './video-container.ts';
