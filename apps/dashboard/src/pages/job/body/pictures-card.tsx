import { useQuery } from '@tanstack/react-query';
import { jobPicturesQuery, pictureAddress } from '../../../api/job.ts';
import { formatBytes } from '../../../format/number.ts';
import { useMay } from '../../../shell/use-session.ts';
import { Card } from '../../../ui/data/card.tsx';
import { QueryView } from '../../../ui/looks/query-view.tsx';

/** Pictures among the files of a job. Nothing for a job without, and for who may not see payloads. */
export function PicturesCard({ id }: { readonly id: string }) {
  const mayRead = useMay('payloads:read');
  const query = useQuery({ ...jobPicturesQuery(id), enabled: mayRead });
  const hasNone = query.data === undefined ? query.error === null : query.data.pictures.length === 0;
  if (hasNone) return null;
  return (
    <Card title="Pictures">
      <QueryView what="the pictures" query={query}>
        {({ pictures, isMore }) => (
          <>
            <ul className="pictures">
              {pictures.map(({ key, sizeBytes }) => {
                const name = key.slice(key.lastIndexOf('/') + 1);
                return (
                  <li key={key}>
                    <a href={pictureAddress(id, key)} target="_blank" rel="noreferrer">
                      <img src={pictureAddress(id, key)} alt="" loading="lazy" />
                      <span>{name}</span>
                    </a>{' '}
                    <span className="soft">{formatBytes(sizeBytes)}</span>
                  </li>
                );
              })}
            </ul>
            {isMore && <p className="soft">The job may have more pictures.</p>}
          </>
        )}
      </QueryView>
    </Card>
  );
}
