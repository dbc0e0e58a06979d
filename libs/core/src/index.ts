export { applyEvent } from './apply-event.ts';
export {
  type AttemptLedger,
  type AttemptName,
  type AttemptStart,
  type AttemptStarts,
  CANDIDATE_STARTS,
  createAttemptLedger,
  decideStart,
  type InstanceDirectory,
  isRunOver,
  type OpenStarts,
  type RecordedStart,
  type StartAnswer,
  type StartRequest,
  type StartStore,
  type StoredStartAnswer,
} from './attempt-ledger.ts';
export type {
  BlobStat,
  BlobStore,
  OpenOptions,
  PutOptions,
  StoredBlob,
} from './blob-store.ts';
export type {
  Broker,
  BrokerStatus,
  ConsumeOptions,
  Delivery,
  DeliveryOrigin,
  QueueCounts,
  RecordOptions,
  SettleOptions,
  Successor,
} from './broker.ts';
export { checkPayload, validatePayload } from './check-payload.ts';
export {
  type Cancel,
  type Clock,
  sleep,
  systemClock,
  withDeadline,
} from './clock.ts';
export { type Command, parseCommand } from './command.ts';
export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorRule,
} from './error-codes.ts';
export {
  errorRule,
  isErrorCode,
  LeveretError,
  type LeveretErrorOptions,
  leveretCodeOf,
  messageOf,
} from './errors.ts';
export type { EventPosition } from './event-position.ts';
export {
  type AcceptedEvent,
  type AttemptEventBase,
  type CrashedEvent,
  type DeadLetteredEvent,
  type ForeignOutcomeEvent,
  type HandedBackEvent,
  type HeldEvent,
  isKnownEvent,
  isOutcome,
  type JobEvent,
  type JobEventBase,
  type OutcomeEvent,
  type ProgressEvent,
  type RecordableEvent,
  type RetriedEvent,
  type SnoozedEvent,
  type StartedEvent,
  type SucceededEvent,
  type SuspectedEvent,
} from './events.ts';
export {
  type Failure,
  type FailureCause,
  failureOf,
  MAX_FAILURE_BYTES,
  MAX_FAILURE_MESSAGE,
  reasonOf,
  toError,
  toFailure,
} from './failure.ts';
export { readFailureDetails, writeFailureDetails } from './failure-details.ts';
export { createFifo, type Fifo } from './fifo.ts';
export {
  headerBytes,
  inheritedHeaders,
  isReservedHeader,
  type JobHeaders,
  MAX_HEADER_BYTES,
  MAX_HEADERS,
  producerHeaders,
} from './headers.ts';
export { HISTORY_HEADER, MAX_HISTORY_BYTES, type PastFailure, readHistory, withFailure } from './history.ts';
export {
  childId,
  isUuid,
  newId,
} from './ids.ts';
export {
  type ChildOptions,
  DEFAULT_TIMEOUT_MS,
  defineJob,
  type JobContext,
  type JobDefinition,
  type JobHandler,
  type JobInfo,
  type JobOptions,
  MAX_TIMEOUT_MS,
  type PayloadInput,
  type PayloadOutput,
} from './job.ts';
export {
  type Acceptance,
  type JobRecord,
  toRecord,
} from './job-record.ts';
export {
  ACCEPTED_HOLD_MS,
  type AcceptAnswer,
  type ClaimOptions,
  type JobStore,
  type KeptEvent,
  type LedgerEntry,
  type StoreStatus,
  type UnappliedEvent,
  type UnappliedEvents,
} from './job-store.ts';
export { isPlainJson, type Json, type JsonCompatible, type JsonFault } from './json.ts';
export { findJsonFault } from './json-fault.ts';
export {
  type ByLane,
  createLaneChooser,
  type LaneChooser,
} from './lane-chooser.ts';
export { createLinkedList, type LinkedList, type Place } from './linked-list.ts';
export { isAddress, type Listener, type LiveChannel, requireAddress } from './live-channel.ts';
export {
  type LogFields,
  type Logger,
  silentLogger,
} from './logger.ts';
export type {
  Mail,
  MailAttachment,
  Mailer,
  RecipientOutcome,
  SendOptions,
} from './mailer.ts';
export {
  decodePayload,
  encodePayload,
  type JobMessage,
  MAX_PAYLOAD_BYTES,
  MESSAGE_VERSION,
  maxAttemptsOf,
  type OutgoingMessage,
  runKey,
  runOf,
} from './message.ts';
export {
  DEFAULT_NAMESPACE,
  isJobKind,
  isNamespace,
  isQueueName,
  MAX_NAME_LENGTH,
  NAMESPACE_FORM,
  requireQueueNames,
} from './names.ts';
export {
  DEFAULT_PRIORITY,
  isJobPriority,
  JOB_PRIORITIES,
  type JobPriority,
  LANE_WEIGHTS,
  requirePriority,
} from './priority.ts';
export { isNothingStored, type PublishOutcome } from './publish-outcome.ts';
export { type AddressedTexts, createQuestions, type QuestionsOptions } from './questions.ts';
export {
  type Random,
  systemRandom,
} from './random.ts';
export { knownEvents, LAST_MOMENT, type ReadEvent, readEvent, readEventList } from './read-event.ts';
export {
  answerInstanceQuestion,
  answerLedgerQuestion,
  createRemoteAttemptLedger,
  createRemoteInstances,
  instanceAddress,
  LEDGER_ADDRESS,
} from './remote-attempt-ledger.ts';
export {
  DEFAULT_RETRY,
  exponentialBackoff,
  MAX_DELAY_MS,
  type RetryPolicy,
  retryDelayMs,
} from './retry-policy.ts';
export { RunsInFlight } from './runs-in-flight.ts';
export { toLogger } from './safe-logger.ts';
export { isSamePayload } from './same-payload.ts';
export { maskSecrets, SECRET_FIELDS } from './secrets.ts';
export { payloadToSend } from './sent-payload.ts';
export {
  type AttemptResult,
  decideSettlement,
  MAX_CRASHES,
  MAX_HELD_MS,
  MIN_SNOOZE_MS,
  type Settlement,
  type SettlementInput,
} from './settlement.ts';
export {
  JOB_STATES,
  type JobState,
  type StateRule,
} from './states.ts';
export { stderrLogger } from './stderr-logger.ts';
export type { Subscription } from './subscription.ts';
export { createUnderWay, type UnderWay } from './under-way.ts';
export { deadLetter, retryLater, snooze, Verdict, type VerdictResult, verdictOf } from './verdict.ts';
export { LEVERET_VERSION } from './version.ts';
export {
  SNIFF_BYTES,
  sniffVideoContainer,
  type VideoContainer,
} from './video-container.ts';
