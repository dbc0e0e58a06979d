export { type CaptureMailerOptions, createCaptureMailer } from './capture-mailer.ts';
export { createMailSendHandler, type MailSendHandlerOptions } from './mail-send-handler.ts';
export { createSmtpMailer, type SmtpMailerOptions, type SmtpTimeouts } from './smtp-mailer.ts';
