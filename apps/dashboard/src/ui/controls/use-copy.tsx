import { type ReactNode, useEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { useAnnounce } from './announcer.tsx';
import { Button } from './button.tsx';
import { copyText } from './copy-text.ts';
import { Dialog } from './dialog.tsx';

/** Copies texts. */
export interface Copying {
  /** Copies `text` and says `words`. Where the browser does not let the page copy, the text is shown, selected. */
  readonly copy: (text: string, words: string) => Promise<void>;
  /** What is shown then: to be rendered. */
  readonly dialog: ReactNode;
}

/** Copies texts, also where the browser does not let the page. */
export function useCopy(): Copying {
  const announce = useAnnounce();
  const [refused, setRefused] = useState<string>();
  return {
    async copy(text, words) {
      if (await copyText(text)) announce(words);
      else setRefused(text);
    },
    // Outside of where the button is: that may be a heading.
    dialog:
      refused !== undefined &&
      createPortal(<CopyByHand text={refused} onClose={() => setRefused(undefined)} />, document.body),
  };
}

function CopyByHand({ text, onClose }: { readonly text: string; readonly onClose: () => void }) {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    field.current?.select();
  }, []);
  return (
    <Dialog
      title="Copy it yourself"
      onClose={onClose}
      onSubmit={onClose}
      actions={
        <Button type="submit" look="primary">
          Done
        </Button>
      }
    >
      <p>The browser does not let the page copy. The text is selected: press Ctrl+C, or ⌘C on a Mac.</p>
      <p className="field">
        <textarea ref={field} aria-label="Text to copy" value={text} readOnly rows={6} spellCheck={false} />
      </p>
    </Dialog>
  );
}
