/** Keeps the place of rows that are being loaded, so that nothing jumps when they come. */
export function Loading({ what, rows = 4 }: { readonly what: string; readonly rows?: number }) {
  return (
    <div className="loading" role="status" aria-busy="true">
      <span className="unseen">Loading {what} …</span>
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
        <span key={index} className="loading-row" aria-hidden="true" />
      ))}
    </div>
  );
}
