export { jobCatalog, jobQueues } from './catalog.ts';
export { mailAddress } from './mail-address.ts';
export {
  type MailSendHandler,
  type MailSendPayload,
  mailFields,
  mailRequest,
  mailSend,
} from './mail-send.ts';
export {
  type Poster,
  poster,
  thumbnailFolder,
  type VideoThumbnailsHandler,
  type VideoThumbnailsPayload,
  type VideoThumbnailsResult,
  videoThumbnails,
  videoThumbnailsResult,
} from './video-thumbnails.ts';
