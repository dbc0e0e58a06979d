import { type BlobStore, LeveretError, type MailAttachment } from '@leveret/core';
import type { MailSendPayload } from '@leveret/jobs';

/** Most bytes of all attachments of a mail together: what large mail providers take, less what base64 adds. */
const MAX_ATTACHMENTS_BYTES = 18 * 1024 * 1024;

type References = NonNullable<MailSendPayload['attachments']>;

/**
 * Reads the attachments of a mail into memory.
 *
 * @throws {LeveretError} `BLOB_NOT_FOUND`; `PAYLOAD_TOO_LARGE` when they are over 18 MB together; the signal's reason.
 */
export async function readAttachments(
  blobs: BlobStore,
  references: References,
  signal: AbortSignal,
): Promise<readonly MailAttachment[]> {
  const attachments: MailAttachment[] = [];
  let sizeBytes = 0;
  for (const { blobKey, fileName, contentType, contentId } of references) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of await blobs.open(blobKey)) {
      signal.throwIfAborted();
      sizeBytes += chunk.byteLength;
      if (sizeBytes > MAX_ATTACHMENTS_BYTES) {
        throw new LeveretError(
          'PAYLOAD_TOO_LARGE',
          `the attachments are larger than ${MAX_ATTACHMENTS_BYTES} bytes together`,
        );
      }
      chunks.push(chunk);
    }
    attachments.push({
      fileName,
      contentType,
      content: Buffer.concat(chunks),
      ...(contentId === undefined ? {} : { contentId }),
    });
  }
  return attachments;
}
