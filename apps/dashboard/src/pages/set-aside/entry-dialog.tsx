import { useQuery } from '@tanstack/react-query';
import { type SetAsideKind, setAsideEntryQuery, setAsideExportAddress } from '../../api/set-aside.ts';
import { formatBytes } from '../../format/number.ts';
import { Button } from '../../ui/controls/button.tsx';
import { Dialog } from '../../ui/controls/dialog.tsx';
import { Facts } from '../../ui/data/facts.tsx';
import { QueryView } from '../../ui/looks/query-view.tsx';

interface EntryDialogProps {
  readonly kind: SetAsideKind;
  readonly seq: number;
  readonly onClose: () => void;
}

/** An entry as it came: its properties and its body, as text or as Base64. */
export function EntryDialog({ kind, seq, onClose }: EntryDialogProps) {
  const query = useQuery(setAsideEntryQuery(kind, seq));
  return (
    <Dialog
      title={`${kind === 'messages' ? 'Message' : 'Event'} ${seq}`}
      onClose={onClose}
      onSubmit={onClose}
      actions={
        <>
          <a className="button" href={setAsideExportAddress(kind, seq)} download>
            Download
          </a>
          <Button type="submit">Done</Button>
        </>
      }
    >
      <QueryView what="the entry" query={query}>
        {({ entry, properties, body, encoding, isWhole }) => (
          <>
            <Facts
              facts={[
                { name: 'Why', value: entry.reason },
                ...(entry.queue === undefined ? [] : [{ name: 'Queue', value: entry.queue }]),
                { name: 'Size', value: formatBytes(entry.sizeBytes) },
              ]}
            />
            {properties !== undefined && (
              <section>
                <h3>Properties</h3>
                <pre className="raw">{properties}</pre>
              </section>
            )}
            <section>
              <h3>
                Body{encoding === 'base64' && ', as Base64'}
                {!isWhole && ', its first part'}
              </h3>
              <pre className="raw">{body === '' ? '(empty)' : body}</pre>
            </section>
          </>
        )}
      </QueryView>
    </Dialog>
  );
}
