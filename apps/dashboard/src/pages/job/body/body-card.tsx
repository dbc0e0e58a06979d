import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { type BodyPart, type JobDetails, jobBodyQuery } from '../../../api/job.ts';
import { formatBytes } from '../../../format/number.ts';
import { useWhyNot } from '../../../shell/use-session.ts';
import { Card } from '../../../ui/data/card.tsx';
import { JsonTree } from '../../../ui/json/json-tree.tsx';
import { Loading } from '../../../ui/looks/loading.tsx';
import { QueryView } from '../../../ui/looks/query-view.tsx';
import { CopyButton } from '../copy-button.tsx';
import { MailMessage } from './mail-message.tsx';
import { mailOf } from './mail-of.ts';

interface BodyCardProps {
  readonly job: JobDetails['job'];
  readonly part: BodyPart;
}

/** Payload or result, as the ledger keeps it. Nothing for the result of a job that has none yet. */
export function BodyCard({ job, part }: BodyCardProps) {
  const whyNot = useWhyNot('payloads:read');
  const isThere = part === 'payload' ? job.hasPayload : job.hasResult;
  if (!isThere && part === 'result' && job.state !== 'succeeded') return null;
  const title = part === 'payload' ? 'Payload' : 'Result';
  if (!isThere || whyNot !== undefined)
    return (
      <Card title={title}>
        <p className="soft">{isThere ? whyNot : missingWords(job, part)}</p>
      </Card>
    );
  return <Body id={job.id} part={part} title={title} />;
}

function Body({ id, part, title }: { readonly id: string; readonly part: BodyPart; readonly title: string }) {
  const query = useQuery(jobBodyQuery(id, part));
  const text = query.data;
  return (
    <Card
      title={title}
      aside={
        text !== undefined && (
          <span className="soft">
            {formatBytes(text.length)} <CopyButton text={text} label={`Copy ${part}`} />
          </span>
        )
      }
    >
      <QueryView
        what={`the ${part}`}
        query={query}
        loading={<Loading what={`the ${part}`} parts={['line']} />}
      >
        {(json) => <BodyText text={json} part={part} />}
      </QueryView>
    </Card>
  );
}

/** The payload of an email as an email, and everything as JSON. */
function BodyText({ text, part }: { readonly text: string; readonly part: BodyPart }) {
  const mail = useMemo(() => (part === 'payload' ? mailOf(text) : undefined), [text, part]);
  if (mail === undefined) return <JsonTree text={text} />;
  return (
    <>
      <MailMessage mail={mail} />
      <details className="mail-json">
        <summary>All of it, as JSON</summary>
        <JsonTree text={text} />
      </details>
    </>
  );
}

function missingWords({ history }: JobDetails['job'], part: BodyPart): string {
  if (history === 'all') return `The ledger has no ${part} of this job.`;
  return `Not kept: jobs of this kind keep it ${history === 'failed' ? 'only when they fail' : 'until they have ended'}.`;
}
