import { Fragment } from 'react';
import type { Failure } from '../../api/job.ts';
import { stackLines } from './stack-lines.ts';
import './failure-text.css';

/** A failure with its stack and its causes. Frames of the application stand out. */
export function FailureText({ failure }: { readonly failure: Failure }) {
  const { name, message, stack, causes } = failure;
  return (
    <div className="failure-text">
      <p className="failure-message">{headOf(name, message)}</p>
      {stack !== undefined && <Stack stack={stack} />}
      {causes.map((cause, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: causes have no other identity, and never change
        <Fragment key={index}>
          <p className="failure-message">
            <span className="soft">caused by</span> {headOf(cause.name, cause.message)}
            {cause.code !== undefined && <code> {cause.code}</code>}
          </p>
          {cause.stack !== undefined && <Stack stack={cause.stack} />}
        </Fragment>
      ))}
    </div>
  );
}

function headOf(name: string | undefined, message: string): string {
  return name === undefined || name === '' ? message : `${name}: ${message}`;
}

function Stack({ stack }: { readonly stack: string }) {
  return (
    <pre>
      {stackLines(stack).map(({ text, isOwn }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity, and never change
        <Fragment key={index}>{isOwn ? <b>{`${text}\n`}</b> : `${text}\n`}</Fragment>
      ))}
    </pre>
  );
}
