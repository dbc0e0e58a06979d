/** A part of a page that is being loaded: about as high as what comes. */
type Part = 'line' | 'figures' | 'card';

interface LoadingProps {
  /** What is loaded, in words. */
  readonly what: string;
  readonly parts?: readonly Part[];
}

/** Keeps the place of what is being loaded, so that little moves when it comes. */
export function Loading({ what, parts = ['card'] }: LoadingProps) {
  return (
    <div className="loading" role="status" aria-busy="true">
      <span className="unseen">Loading {what} …</span>
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts have no identity and never move
        <span key={index} className="loading-part" data-part={part} aria-hidden="true" />
      ))}
    </div>
  );
}
