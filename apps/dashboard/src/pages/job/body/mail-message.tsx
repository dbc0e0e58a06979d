import { Facts } from '../../../ui/data/facts.tsx';
import { LongText } from './long-text.tsx';
import type { Mail } from './mail-of.ts';

/** An email as people read it. HTML is shown as its source: what a mail program would load or run stays text. */
export function MailMessage({ mail }: { readonly mail: Mail }) {
  const { from, to, cc, bcc, replyTo, subject, text, html } = mail;
  const addresses = { From: from === undefined ? [] : [from], To: to, Cc: cc, Bcc: bcc };
  const facts = [
    ...Object.entries(addresses).flatMap(([name, list]) =>
      list.length === 0 ? [] : [{ name, value: list.join(', ') }],
    ),
    ...(replyTo === undefined ? [] : [{ name: 'Reply to', value: replyTo }]),
    { name: 'Subject', value: <b>{subject}</b> },
  ];
  return (
    <div className="mail">
      <Facts facts={facts} />
      {text !== undefined && <LongText text={text} />}
      {html !== undefined && (
        <details open={text === undefined}>
          <summary>HTML, as source</summary>
          <LongText text={html} />
        </details>
      )}
    </div>
  );
}
