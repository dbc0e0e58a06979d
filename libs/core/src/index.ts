export type {
  Account,
  AccountAction,
  AccountChange,
  AccountRole,
  AccountSession,
  ApiKey,
  NewAccount,
  NewApiKey,
  NewSession,
  OwnPasswordChange,
} from './accounts/account.ts';
export {
  type AccountStore,
  KEY_USE_EVERY_MS,
  MAX_ENDED_SESSIONS,
  MAX_KEYS_OF_A_NAME,
  MAX_LISTED_SESSIONS,
} from './accounts/account-store.ts';
export {
  type ActivityReader,
  type JobChange,
  type JobChanges,
  MAX_JOB_CHANGES,
  MAX_RATE_SLICES,
  type OldestWaiting,
  type QueueRates,
  RATE_SLICES,
  type Rate,
  type RateHistory,
  type Rates,
  type RatesRequest,
  type SliceMs,
  type SliceRate,
} from './activity/activity-reader.ts';
export {
  type ChangeFeed,
  type ChangeFeedOptions,
  createChangeFeed,
  FEED_EVERY_MS,
  type FeedReport,
  type OnReport,
} from './activity/change-feed.ts';
export {
  FAILURE_TREND_MS,
  FAILURE_TREND_SLICE_MS,
  FAILURE_TREND_STEP_MS,
  type FailureTrend,
  type FailureTrends,
} from './activity/failure-trends.ts';
export {
  BUCKET_COUNT,
  bucketOf,
  type Durations,
  durationsOf,
  type Histogram,
} from './activity/histogram.ts';
export { type FilteredJob, matchesFilter, mayMatchFilter } from './activity/matches-filter.ts';
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
} from './broker/broker.ts';
export { type Command, parseCommand } from './broker/command.ts';
export type { DeadLetter, DeadLetterOptions, UnroutableMessage } from './broker/dead-letter.ts';
export {
  type ByLane,
  createLaneChooser,
  type LaneChooser,
} from './broker/lane-chooser.ts';
export {
  type Answer,
  isAddress,
  type Listener,
  type LiveChannel,
  requireAddress,
} from './broker/live-channel.ts';
export { type PublicStatus, toPublicStatus } from './broker/public-status.ts';
export { isNothingStored, type PublishOutcome } from './broker/publish-outcome.ts';
export { type AddressedTexts, createQuestions, type QuestionsOptions } from './broker/questions.ts';
export { isRepeated, markFollowing, REPEATED_HEADER } from './broker/repetition.ts';
export { RunsInFlight } from './broker/runs-in-flight.ts';
export type { Subscription } from './broker/subscription.ts';
export {
  type Cancel,
  type Clock,
  sleep,
  systemClock,
  withDeadline,
} from './clock.ts';
export { createFifo, type Fifo } from './collections/fifo.ts';
export { createLinkedList, type LinkedList, type Place } from './collections/linked-list.ts';
export { createUnderWay, type UnderWay } from './collections/under-way.ts';
export {
  type ControlConfirmation,
  type ControlNotice,
  readConfirmation,
  readControlNotice,
  toCommand,
} from './control/control-notice.ts';
export {
  CONTROL_ACTIONS,
  type ControlAction,
  type ControlAnswer,
  type ControlAuthor,
  type ControlDone,
  type ControlRefusal,
  type ControlRequest,
  type ControlRule,
  MAX_CONTROL_REASON,
  toSelection,
} from './control/control-request.ts';
export { createControlSource } from './control/control-source.ts';
export type {
  AuditEntry,
  AuditRequest,
  ControlStore,
  OperationClaim,
  QueueControl,
  QueueControlAnswer,
  SetAsideDiscard,
} from './control/control-store.ts';
export {
  CONTROL_AWAY_MS,
  type ControlSource,
  type ControlView,
  type ControlViewRequest,
  FORGET_WORKER_AFTER_MS,
  MAX_RUNNING_JOBS,
  MAX_VIEW_ENTRIES,
  NOTHING_DECIDED,
  type QueuePause,
  type QueueSlots,
  type RunningJob,
  SEEN_WITHIN_MS,
  type SeenWorker,
  type SupersededMessage,
  VIEW_FRESH_MS,
  VIEW_RUNS_OUT_MS,
  type WorkerLoad,
  type WorkerPresence,
} from './control/control-view.ts';
export type {
  OperationItem,
  OperationRecord,
  OperationRequest,
  OperationSlice,
  OperationState,
} from './control/operation.ts';
export { type ControlDecision, decideControl, needsPayload, nextAttemptOf } from './control/supersede.ts';
export {
  type AwareWorker,
  findUnaware,
  joinUnaware,
  MAX_UNAWARE_NAMED,
  UNAWARE_WITHIN_MS,
  type UnawareWorker,
  type WorkerStart,
} from './control/unaware-workers.ts';
export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorRule,
} from './errors/error-codes.ts';
export {
  errorRule,
  isErrorCode,
  LeveretError,
  type LeveretErrorOptions,
  leveretCodeOf,
  messageOf,
} from './errors/errors.ts';
export {
  type Failure,
  type FailureCause,
  failureOf,
  MAX_FAILURE_BYTES,
  MAX_FAILURE_MESSAGE,
  reasonOf,
  toError,
  toFailure,
} from './errors/failure.ts';
export { readFailureDetails, writeFailureDetails } from './errors/failure-details.ts';
export { fingerprintOf } from './errors/fingerprint.ts';
export { toMessagePattern } from './errors/message-pattern.ts';
export { maskSecrets, SECRET_FIELDS } from './errors/secrets.ts';
export type { EventPosition } from './events/event-position.ts';
export {
  type AcceptedEvent,
  type AnyOutcomeEvent,
  type AttemptEventBase,
  type CrashedEvent,
  changesJob,
  type DeadLetteredEvent,
  endsMessage,
  type ForeignOutcomeEvent,
  generationOf,
  type HandedBackEvent,
  type HeldEvent,
  isAccepted,
  isKnownEvent,
  isLogged,
  isOutcome,
  type JobEvent,
  type JobEventBase,
  type LoggedEvent,
  MAX_RESULT_BYTES,
  nextDueInMs,
  type OutcomeEvent,
  type OutcomeState,
  type ProgressEvent,
  type RecordableEvent,
  type RetriedEvent,
  type SnoozedEvent,
  type StartedEvent,
  type SucceededEvent,
  type SupersededEvent,
  type SuspectedEvent,
} from './events/events.ts';
export { knownEvents, LAST_MOMENT, type ReadEvent, readEvent, readEventList } from './events/read-event.ts';
export type {
  BlobStat,
  BlobStore,
  FoundBlob,
  OpenOptions,
  PutOptions,
  StoredBlob,
} from './files/blob-store.ts';
export {
  type DiskRoom,
  diskReserveBytes,
  fileReserveBytes,
  inMebibytes,
  toFullDiskWords,
} from './files/disk-reserve.ts';
export {
  isJobBlob,
  jobBlobsOf,
  MAX_JOB_BLOB_LENGTH,
  MAX_JOB_BLOBS,
  placesOf,
} from './files/job-blobs.ts';
export { notePendingBlob, PENDING_BLOB_MS, PENDING_BLOBS } from './files/pending-blob.ts';
export {
  SNIFF_BYTES,
  sniffVideoContainer,
  type VideoContainer,
} from './files/video-container.ts';
export {
  headerBytes,
  inheritedHeaders,
  isReservedHeader,
  type JobHeaders,
  MAX_HEADER_BYTES,
  MAX_HEADERS,
  producerHeaders,
} from './job/headers.ts';
export {
  HISTORY_HEADER,
  MAX_HISTORY_BYTES,
  type PastFailure,
  readHistory,
  withFailure,
} from './job/history.ts';
export {
  type HistoryPolicy,
  keepsBody,
  STATES_WITHOUT_BODY,
} from './job/history-policy.ts';
export {
  childId,
  isUuid,
  newId,
} from './job/ids.ts';
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
} from './job/job.ts';
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
} from './job/message.ts';
export {
  DEFAULT_NAMESPACE,
  isJobKind,
  isNamespace,
  isQueueName,
  MAX_NAME_LENGTH,
  NAMESPACE_FORM,
  requireQueueNames,
} from './job/names.ts';
export { PARENT_HEADER, splitParent, withParent } from './job/parent.ts';
export {
  DEFAULT_PRIORITY,
  isJobPriority,
  JOB_PRIORITIES,
  type JobPriority,
  LANE_WEIGHTS,
  requirePriority,
} from './job/priority.ts';
export {
  fractionOf,
  MAX_PROGRESS_TEXT,
  type ProgressReport,
  toProgressReport,
  toProgressText,
} from './job/progress.ts';
export {
  FINAL_STATES,
  JOB_STATES,
  type JobState,
  type StateRule,
} from './job/states.ts';
export { isTag, joinTags, MAX_TAG_LENGTH, MAX_TAGS } from './job/tags.ts';
export { isPlainJson, type Json, type JsonCompatible, type JsonFault } from './json/json.ts';
export { findJsonFault } from './json/json-fault.ts';
export { indentJson } from './json/json-text.ts';
export { applyDeadLetter } from './ledger/apply-dead-letter.ts';
export { applyEvent } from './ledger/apply-event.ts';
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
} from './ledger/attempt-ledger.ts';
export { type AttemptRecord, attemptAfter, isAboutAttempt, readyAtOf } from './ledger/attempt-record.ts';
export {
  BLOB_GRACE_MS,
  type BlobReferences,
  type LedgerStorage,
  MAX_BLOBS_AT_ONCE,
  type MissingReferences,
  requireBlobLimit,
  type UnrecordedJob,
  type UnrecordedJobs,
  type UnreferencedBlob,
} from './ledger/blob-references.ts';
export {
  type FailureGroup,
  type FailureVersion,
  type FilteredCount,
  type JobBodyPart,
  type JobCount,
  type JobDetails,
  type JobFilter,
  type JobListRequest,
  type JobLogLine,
  type JobOrder,
  type JobPage,
  type JobReader,
  type JobSummary,
  MAX_FAILURE_GROUPS,
  MAX_FILTERED_COUNT,
  MAX_GROUP_VERSIONS,
  MAX_JOB_AUDIT,
  MAX_LISTED_TAGS,
  MAX_PAGE_JOBS,
  type NewestAttempt,
  type TimeRange,
} from './ledger/job-reader.ts';
export {
  type Acceptance,
  type JobRecord,
  type ProgressDetails,
  toRecord,
} from './ledger/job-record.ts';
export {
  ACCEPTED_HOLD_MS,
  type AcceptAnswer,
  type AcceptanceStore,
  type ClaimOptions,
  type DeadLetterAnswer,
  type JobStore,
  type LedgerEntry,
  type RecordingStore,
  type StoreStatus,
  type UnappliedEvents,
} from './ledger/job-store.ts';
export {
  type KeptEvent,
  MAX_COUNTED_EVENTS,
  toKeptEventsWords,
  toSetAsideWords,
  type UnappliedEvent,
} from './ledger/kept-events.ts';
export { isOfKind, type KindFilter, toKindFilter } from './ledger/kind-filter.ts';
export {
  lagAfter,
  REPORT_EVERY_MS,
  REPORT_HOLDS_MS,
  type RecordingLag,
  type RecordingReport,
} from './ledger/recording-lag.ts';
export {
  type AnsweringLedger,
  answerInstanceQuestion,
  answerLedgerQuestion,
  createRemoteAttemptLedger,
  createRemoteControlSource,
  createRemoteInstances,
  instanceAddress,
  LEDGER_ADDRESS,
} from './ledger/remote-attempt-ledger.ts';
export {
  type JobRetention,
  KEEP_AUDIT_MS,
  KEEP_FAILURE_GROUPS_MS,
  KEEP_OPERATIONS_MS,
  keepMsOf,
  MAX_DELETED_ACTIONS,
  MAX_DELETED_GROUPS,
  MAX_DELETED_JOBS,
  MAX_KEEP_MS,
  MIN_KEEP_MS,
  type OldActionsRequest,
  type OldGroupsRequest,
  type RetentionProgress,
  type RetentionRequest,
  type RetentionRule,
  requireDeletionLimit,
  requireRetentionRules,
} from './ledger/retention.ts';
export {
  awaitsRun,
  MAX_PAGE_SET_ASIDE,
  type SetAsideCounts,
  type SetAsideMessage,
  type SetAsideReader,
  type SetAsideStore,
  type SetAsideSummary,
  type UnfitMessage,
  type UnroutableEntry,
  type UnroutableRun,
} from './ledger/set-aside.ts';
export {
  type LoggedFields,
  type LoggedLine,
  loggedBytes,
  MAX_LOGGED_BYTES,
  MAX_LOGGED_LINES,
  toLoggedFields,
  toLoggedLine,
  toLoggedText,
} from './logging/logged-line.ts';
export {
  type LogFields,
  type Logger,
  type LogLevel,
  silentLogger,
} from './logging/logger.ts';
export { toLogger } from './logging/safe-logger.ts';
export { stderrLogger } from './logging/stderr-logger.ts';
export type {
  Mail,
  MailAttachment,
  Mailer,
  RecipientOutcome,
  SendOptions,
} from './mailer.ts';
export { checkPayload, validatePayload } from './payload/check-payload.ts';
export { redactText } from './payload/redacted-text.ts';
export {
  isRedactedPath,
  maskData,
  payloadMask,
  REDACTED,
  redactDetails,
  redactFailure,
  redactJob,
  type TextMask,
} from './payload/redaction.ts';
export { isSamePayload } from './payload/same-payload.ts';
export { payloadToSend } from './payload/sent-payload.ts';
export {
  type Random,
  systemRandom,
} from './random.ts';
export {
  DEFAULT_RETRY,
  exponentialBackoff,
  MAX_DELAY_MS,
  type RetryPolicy,
  retryDelayMs,
} from './settlement/retry-policy.ts';
export {
  type AttemptResult,
  decideSettlement,
  MAX_CRASHES,
  MAX_HELD_MS,
  MIN_SNOOZE_MS,
  type Settlement,
  type SettlementInput,
} from './settlement/settlement.ts';
export {
  deadLetter,
  retryLater,
  snooze,
  Verdict,
  type VerdictResult,
  verdictOf,
} from './settlement/verdict.ts';
export { LEVERET_VERSION } from './version.ts';
