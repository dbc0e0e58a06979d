import { useState } from 'react';
import { formatBytes } from '../../../format/number.ts';
import { Button } from '../../../ui/controls/button.tsx';

/** Characters of a text that are shown, until all are asked for. */
const MAX_TEXT = 4_000;

/** A text with its lines and spaces as they are, of which a long one is not shown to its end at first. */
export function LongText({ text }: { readonly text: string }) {
  const [isWhole, setWhole] = useState(false);
  const isLong = !isWhole && text.length > MAX_TEXT;
  return (
    <div className="long-text">
      {isLong ? `${text.slice(0, MAX_TEXT)}…` : text}
      {isLong && (
        <p>
          <Button look="quiet" onClick={() => setWhole(true)}>
            Show all, {formatBytes(text.length)}
          </Button>
        </p>
      )}
    </div>
  );
}
