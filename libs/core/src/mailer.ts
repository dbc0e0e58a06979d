/** A file that goes with a mail. */
export interface MailAttachment {
  /** Shown to the reader; at most 255 characters, no control characters. */
  readonly fileName: string;
  readonly contentType: string;
  readonly content: Uint8Array;
  /** Set when the HTML shows it as `cid:<contentId>`. */
  readonly contentId?: string;
}

/** A mail, ready to be sent. Addresses are single and valid; headers come from nowhere else. */
export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly replyTo?: string;
  readonly subject: string;
  readonly text?: string;
  readonly html?: string;
  readonly attachments: readonly MailAttachment[];
}

/** What became of a mail for one recipient. */
export interface RecipientOutcome {
  readonly recipient: string;
  /** `accepted`: the server has it. `deferred`: worth trying again (4xx). `refused`: for good (5xx). */
  readonly outcome: 'accepted' | 'deferred' | 'refused';
  /** The server's words, or ours when it said nothing. */
  readonly response: string;
}

/** How a mail is sent. */
export interface SendOptions {
  /** The same for every attempt of one mail: its Message-ID is made from it, so that a duplicate can be recognised. */
  readonly idempotencyKey: string;
  /** Gives the attempt up. */
  readonly signal: AbortSignal;
}

/** Hands mails to a mail server. */
export interface Mailer {
  /**
   * Resolves with the outcome for every recipient, each once.
   * @throws {LeveretError} `MAIL_DEFERRED` when the server could not be talked to: nobody got it, as far as is known.
   */
  send(mail: Mail, options: SendOptions): Promise<readonly RecipientOutcome[]>;
  /** Ends connections. Safe to call twice. */
  close(): Promise<void>;
}
