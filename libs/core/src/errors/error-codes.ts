/** What the table says of one code. */
export interface ErrorRule {
  /** The HTTP status a request is answered with when it fails for this reason. */
  readonly httpStatus: number;
  /** Whether trying the same again may work: decides between a retry and a dead letter, and whether a client should repeat. */
  readonly retryable: boolean;
  /** The reason in a few words, the same for every occurrence. */
  readonly title: string;
  /** What whoever meets it can do about it. */
  readonly action: string;
}

/**
 * Every reason for which Leveret refuses or fails, and what follows from it. Closed: a code that is retired is never
 * used again. `docs/reference/errors.md` is this table in prose; a test holds the two together.
 */
export const ERROR_CODES = {
  // A request that is wrong
  REQUEST_INVALID: {
    httpStatus: 400,
    retryable: false,
    title: 'The request is malformed',
    action: 'Correct the request as the detail says; the API description at /docs shows its form.',
  },
  PAYLOAD_INVALID: {
    httpStatus: 422,
    retryable: false,
    title: 'The payload does not fit the job',
    action: 'Correct the fields that the detail names; nothing was enqueued.',
  },
  PAYLOAD_TOO_LARGE: {
    httpStatus: 413,
    retryable: false,
    title: 'The payload is too large for a message',
    action: 'Store the data in blob storage and put its key into the payload.',
  },
  FILTER_INVALID: {
    httpStatus: 400,
    retryable: false,
    title: 'The filter cannot be understood',
    action: 'Correct the term that the detail names.',
  },
  CURSOR_INVALID: {
    httpStatus: 400,
    retryable: false,
    title: 'The cursor belongs to another list',
    action: 'Ask for the first page again, without a cursor.',
  },
  QUERY_TOO_BROAD: {
    httpStatus: 422,
    retryable: false,
    title: 'The search takes too long',
    action: 'Narrow the search: add a queue, a kind, a state, an error code or a shorter time range.',
  },
  ROUTE_UNKNOWN: {
    httpStatus: 404,
    retryable: false,
    title: 'No such address',
    action: 'Look the address and its method up at /docs.',
  },
  METHOD_NOT_ALLOWED: {
    httpStatus: 405,
    retryable: false,
    title: 'This address does not take the method',
    action: 'Use one of the methods that the Allow header lists.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    httpStatus: 415,
    retryable: false,
    title: 'The body is of a type this address does not take',
    action:
      'Send "Content-Type: application/json"; uploads are sent as video/*, application/octet-stream or multipart/form-data.',
  },
  HEADERS_TOO_LARGE: {
    httpStatus: 431,
    retryable: false,
    title: 'The headers of the request are too large',
    action: 'Send fewer or shorter headers: at most 16 KiB together.',
  },
  JOB_KIND_UNKNOWN: {
    httpStatus: 404,
    retryable: false,
    title: 'No job of this kind is defined',
    action: 'Use one of the kinds that the detail lists.',
  },
  ID_CONFLICT: {
    httpStatus: 409,
    retryable: false,
    title: 'The id belongs to another job',
    action: 'Enqueue the job under an id of its own; the job that has the id is unchanged.',
  },
  FAILURE_GROUP_NOT_FOUND: {
    httpStatus: 404,
    retryable: false,
    title: 'No such group of failures',
    action: 'Check the fingerprint: it is in the list of groups, and in each job that failed so.',
  },
  SET_ASIDE_NOT_FOUND: {
    httpStatus: 404,
    retryable: false,
    title: 'Nothing of this id is set aside',
    action: 'Check the id: it is in the list of what is set aside.',
  },
  JOB_NOT_FOUND: {
    httpStatus: 404,
    retryable: false,
    title: 'No such job',
    action: 'Check the id: it is in the answer that accepted the job.',
  },
  BODY_NOT_FOUND: {
    httpStatus: 404,
    retryable: false,
    title: 'The ledger does not have this of the job',
    action:
      'A result is there when the job has succeeded. Payloads and results are not kept of every job: see its history policy.',
  },
  QUEUE_NOT_FOUND: {
    httpStatus: 404,
    retryable: false,
    title: 'No such queue',
    action: 'Check the name: a queue is known once it has jobs or a worker.',
  },
  ACTION_REFUSED: {
    httpStatus: 409,
    retryable: false,
    title: 'The job is not in a state for this action',
    action: 'Look at the state of the job: it may have changed meanwhile.',
  },
  OPERATION_NOT_FOUND: {
    httpStatus: 404,
    retryable: false,
    title: 'No such operation',
    action: 'Check the id: `leveret operations list` shows those there are.',
  },
  VIDEO_NOT_FOUND: {
    httpStatus: 404,
    retryable: false,
    title: 'No such video',
    action: 'Check the id: it is in the answer that accepted the upload.',
  },
  BLOB_NOT_FOUND: {
    httpStatus: 404,
    retryable: false,
    title: 'No such file in storage',
    action: 'The file was never written, or retention has deleted it.',
  },
  UNAUTHENTICATED: {
    httpStatus: 401,
    retryable: false,
    title: 'A valid API key or session is needed',
    action:
      'Send "Authorization: Bearer <key>" with one of the keys in LEVERET_API_KEYS; to the admin API, with a key of `leveret keys create`, or sign in.',
  },
  FORBIDDEN: {
    httpStatus: 403,
    retryable: false,
    title: 'The account may not do this',
    action: 'Use an account or a key whose role allows it; an admin can change roles.',
  },
  SIGN_IN_REFUSED: {
    httpStatus: 401,
    retryable: false,
    title: 'Name or password is wrong',
    action: 'Check both; an admin can give the account a new password: `leveret accounts reset-password`.',
  },
  SIGN_IN_LIMITED: {
    httpStatus: 429,
    retryable: true,
    title: 'Too many passwords were tried',
    action: 'Wait for Retry-After seconds, then sign in again.',
  },
  PASSWORD_WRONG: {
    httpStatus: 403,
    retryable: false,
    title: 'The password is not that of the account',
    action: 'Send the password that you signed in with, and the new one.',
  },
  ACCOUNT_NOT_FOUND: {
    httpStatus: 404,
    retryable: false,
    title: 'No such account',
    action: 'Check the name: `leveret accounts list` shows those there are.',
  },
  ACCOUNT_EXISTS: {
    httpStatus: 409,
    retryable: false,
    title: 'An account has this name already',
    action: 'Choose another name, or change the account that there is.',
  },
  LAST_ADMIN: {
    httpStatus: 409,
    retryable: false,
    title: 'It is the last admin',
    action: 'Make another account an admin first.',
  },
  API_KEY_NOT_FOUND: {
    httpStatus: 404,
    retryable: false,
    title: 'No such API key',
    action: 'Check the id: `leveret keys list` shows the keys that are valid.',
  },
  API_KEY_LIMIT: {
    httpStatus: 409,
    retryable: false,
    title: 'Two API keys of this name are valid',
    action: 'Revoke the one that is not used any more, or choose another name.',
  },
  SESSION_NOT_FOUND: {
    httpStatus: 404,
    retryable: false,
    title: 'No such session',
    action: 'Load the list of sessions again: this one has ended.',
  },
  STREAMS_LIMITED: {
    httpStatus: 429,
    retryable: true,
    title: 'The account has too many live streams open',
    action: 'Close some of them, or follow a list instead of single jobs; then repeat the request.',
  },
  HOST_REFUSED: {
    httpStatus: 403,
    retryable: false,
    title: 'The request names a host this server does not answer for',
    action: 'Open the server by the address it printed, or set LEVERET_API_KEYS to serve other names.',
  },
  ORIGIN_REFUSED: {
    httpStatus: 403,
    retryable: false,
    title: 'The request comes from a page of another site',
    action: 'Call from a page that this server delivered, or set LEVERET_API_KEYS and send a key.',
  },
  // An upload that is wrong
  UPLOAD_EMPTY: {
    httpStatus: 422,
    retryable: false,
    title: 'The upload holds no bytes',
    action: 'Send the video as the request body, or as one file of a multipart form.',
  },
  UPLOAD_TOO_LARGE: {
    httpStatus: 413,
    retryable: false,
    title: 'The upload is larger than this server takes',
    action: 'Send a smaller file, or raise LEVERET_UPLOAD_LIMIT_BYTES.',
  },
  UPLOAD_INTERRUPTED: {
    httpStatus: 400,
    retryable: true,
    title: 'The upload ended before it was complete',
    action: 'Send it again; nothing of it was kept.',
  },
  UPLOAD_TYPE_UNSUPPORTED: {
    httpStatus: 415,
    retryable: false,
    title: 'The upload is not a video this server knows',
    action: 'Send an MP4, MOV, WebM, Matroska, AVI, MPEG, Ogg, FLV, ASF or GIF file.',
  },
  UPLOAD_DIGEST_MISMATCH: {
    httpStatus: 422,
    retryable: true,
    title: 'The bytes that arrived are not the bytes that were announced',
    action: 'Send the file again; nothing of it was kept.',
  },
  RANGE_NOT_SATISFIABLE: {
    httpStatus: 416,
    retryable: false,
    title: 'The file is shorter than the range asked for',
    action: 'Ask for a range within the size that Content-Range gives.',
  },
  // Something this server needs is missing
  ENQUEUE_UNAVAILABLE: {
    httpStatus: 503,
    retryable: true,
    title: 'The job could not be stored anywhere',
    action: 'Repeat the request after Retry-After seconds; look at /health/ready for what is down.',
  },
  ENQUEUE_OVERLOADED: {
    httpStatus: 503,
    retryable: true,
    title: 'Too many jobs are enqueued at the same time',
    action:
      'Nothing was sent: repeat the request after Retry-After seconds, or enqueue fewer jobs at a time.',
  },
  STREAMS_EXHAUSTED: {
    httpStatus: 503,
    retryable: true,
    title: 'The process has as many live streams open as it serves',
    action:
      'Repeat the request after Retry-After seconds, ask another API process, or read without a stream.',
  },
  BROKER_UNAVAILABLE: {
    httpStatus: 503,
    retryable: true,
    title: 'The message broker did not confirm in time',
    action:
      'Check that the broker of LEVERET_AMQP_URL runs and can be reached; the same message may be sent again.',
  },
  BROKER_BLOCKED: {
    httpStatus: 503,
    retryable: true,
    title: 'The message broker takes no messages because it is short of memory or disk',
    action:
      'Free memory or disk on the broker, or disk space where the SQLite file is; it accepts messages again by itself.',
  },
  BROKER_REFUSED: {
    httpStatus: 503,
    retryable: false,
    title: 'The message broker and this process do not accept each other',
    action:
      'Correct what the message names: user, password or virtual host in LEVERET_AMQP_URL, certificates, permissions, or a RabbitMQ older than 3.10.',
  },
  BROKER_UNROUTABLE: {
    httpStatus: 503,
    retryable: true,
    title: 'The message broker has no queue for this message',
    action:
      'Declare the queue: start a worker of it, call broker.declare at the start of the producer, or run leveret init.',
  },
  TOPOLOGY_MISMATCH: {
    httpStatus: 503,
    retryable: false,
    title: 'A queue or exchange exists with other settings than Leveret needs',
    action:
      'Delete it once it is empty, or give Leveret a virtual host of its own; it never deletes a queue itself.',
  },
  LEDGER_MISMATCH: {
    httpStatus: 503,
    retryable: false,
    title: 'Another ledger records the events of this namespace',
    action:
      'Use the ledger that was there before (LEVERET_STORE_URL) or another LEVERET_NAMESPACE; or stop every process that records, and run leveret init --adopt-ledger with the id that the message names.',
  },
  STORE_UNAVAILABLE: {
    httpStatus: 503,
    retryable: true,
    title: 'The job ledger cannot be read or written',
    action: 'Check the file or server of LEVERET_STORE_URL, its permissions and its free space.',
  },
  ENTRY_REFUSED: {
    httpStatus: 500,
    retryable: false,
    title: 'The ledger or the broker is available, but cannot store this entry',
    action: 'Report the message; other entries are stored.',
  },
  STORAGE_FULL: {
    httpStatus: 507,
    retryable: true,
    title: 'There is no room left to store the upload',
    action:
      'Free space in the storage of LEVERET_BLOB_URL, of which 128 MiB are kept for other jobs, and send the file again; nothing of it was kept.',
  },
  STORAGE_UNAVAILABLE: {
    httpStatus: 503,
    retryable: true,
    title: 'Blob storage cannot be read or written',
    action: 'Check the storage of LEVERET_BLOB_URL and its permissions.',
  },
  SHUTTING_DOWN: {
    httpStatus: 503,
    retryable: true,
    title: 'This process is stopping',
    action: 'Repeat the request; another process, or this one when restarted, answers it.',
  },
  INTERNAL: {
    httpStatus: 500,
    retryable: true,
    title: 'Something went wrong inside the server',
    action: 'Repeat the request; if it fails again, report the requestId with the log line that carries it.',
  },
  // A process that cannot start
  CONFIG_INVALID: {
    httpStatus: 500,
    retryable: false,
    title: 'The configuration is wrong',
    action: 'Correct the environment variables that the message names.',
  },
  PORT_IN_USE: {
    httpStatus: 500,
    retryable: false,
    title: 'Another program listens on the port',
    action: 'Stop the other program, or set PORT to a free one (0 picks any).',
  },
  DATA_DIR_UNWRITABLE: {
    httpStatus: 500,
    retryable: false,
    title: 'The data folder cannot be written',
    action: 'Give this user write permission, or set LEVERET_DATA_DIR to a folder that it may write.',
  },
  DATA_DIR_IN_USE: {
    httpStatus: 500,
    retryable: false,
    title: 'Another Leveret server uses the data folder',
    action: 'Stop the other server, or set LEVERET_DATA_DIR to another folder.',
  },
  // A job that failed
  HANDLER_FAILED: {
    httpStatus: 500,
    retryable: true,
    title: 'The handler threw an error',
    action: 'Read the message: it is the error that the handler threw.',
  },
  HANDLER_TIMEOUT: {
    httpStatus: 500,
    retryable: true,
    title: 'The handler took longer than its definition allows',
    action: 'Raise timeoutMs of the job definition, or make the work smaller.',
  },
  JOB_CANCELLED: {
    httpStatus: 409,
    retryable: false,
    title: 'The job was cancelled while it ran',
    action: 'Nothing: the handler was aborted because somebody cancelled the job or had it run again.',
  },
  HANDLER_NOT_LOADED: {
    httpStatus: 500,
    retryable: true,
    title: 'The module of the handler could not be loaded',
    action:
      'Correct the module or its factory as the message says, and deploy it; until then its jobs are deferred, for fifteen minutes at most.',
  },
  MEMORY_EXCEEDED: {
    httpStatus: 500,
    retryable: true,
    title: 'The job used more memory than its process may',
    action: 'Make the work smaller, or raise `children.memoryBytes` of the worker.',
  },
  WORKER_CRASHED: {
    httpStatus: 500,
    retryable: true,
    title: 'The process that ran the handler died',
    action: 'Look at the log of the worker for the signal or the exit code.',
  },
  RESULT_INVALID: {
    httpStatus: 500,
    retryable: false,
    title: 'The handler returned something that is not JSON, or too much of it',
    action:
      'Only workers of older versions fail for this: retry the job. Now such a job succeeds, and its result is left out.',
  },
  MESSAGE_UNDECODABLE: {
    httpStatus: 500,
    retryable: false,
    title: 'A message on the queue is not a job',
    action:
      'Compare the producer with the wire format; the bytes are kept in the dead letter, or set aside in the ledger.',
  },
  UNKNOWN_KIND: {
    httpStatus: 500,
    retryable: false,
    title: 'No worker of this queue knew the kind of job for fifteen minutes',
    action: 'Deploy a worker that handles the kind, then retry the job.',
  },
  UNSUPPORTED_VERSION: {
    httpStatus: 500,
    retryable: false,
    title: 'The message was written by a newer version of Leveret',
    action: 'Update the workers of this queue, then retry the job.',
  },
  DELIVERY_LIMIT: {
    httpStatus: 500,
    retryable: false,
    title: 'The broker gave the message up after too many deliveries',
    action: 'Look for workers that lose their connection over and over, then retry the job.',
  },
  BROKER_DEAD_LETTERED: {
    httpStatus: 500,
    retryable: false,
    title: 'The broker dead-lettered the message',
    action:
      'Look for the cause that the message names: an expiration, a length limit, or a consumer that rejects; then retry the job.',
  },
  VIDEO_UNSUPPORTED: {
    httpStatus: 422,
    retryable: false,
    title: 'The file is not a video that can be read',
    action: 'Send a file in a common video format.',
  },
  VIDEO_UNDECODABLE: {
    httpStatus: 422,
    retryable: false,
    title: 'No picture of the video could be decoded',
    action: 'The file is damaged or incomplete: send it again from its source.',
  },
  VIDEO_TOO_LARGE: {
    httpStatus: 422,
    retryable: false,
    title: 'The pictures of the video are larger than allowed',
    action: 'Send the video in a resolution of at most 36 megapixels.',
  },
  DECODER_UNAVAILABLE: {
    httpStatus: 503,
    retryable: true,
    title: 'This worker has no video decoder',
    action: 'Install the optional package node-av, or ffmpeg 5.1 or later on the PATH of the worker.',
  },
  MAIL_REFUSED: {
    httpStatus: 422,
    retryable: false,
    title: 'The mail server refused the mail for good',
    action: "Read the server's words in the message; usually the address does not exist.",
  },
  MAIL_DEFERRED: {
    httpStatus: 503,
    retryable: true,
    title: 'The mail server cannot take the mail now',
    action: 'Nothing: it is tried again. If it lasts, check LEVERET_SMTP_URL and the server.',
  },
} as const satisfies Record<string, ErrorRule>;

/** A code of the error table. */
export type ErrorCode = keyof typeof ERROR_CODES;
