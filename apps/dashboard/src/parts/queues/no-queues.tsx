import { Look } from '../../ui/looks/look.tsx';

/** No job was ever enqueued: what to do first. */
export function NoQueues() {
  return (
    <div className="card">
      <Look glyph="queued" title="There is no queue yet.">
        A queue appears with its first job. Enqueue one, or drop a video on the upload page at the root of
        this server.
      </Look>
    </div>
  );
}
