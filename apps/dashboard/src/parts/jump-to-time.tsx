import { systemClock } from '@leveret/core';
import { useId, useState } from 'react';
import { formatLocalInput, timeZoneName } from '../format/moment.ts';
import { Button } from '../ui/controls/button.tsx';
import { Dialog } from '../ui/controls/dialog.tsx';

interface JumpToTimeProps {
  /** Where the list begins after it, in words. */
  readonly words: string;
  readonly onJump: (moment: Date) => void;
}

/** A button that asks for a moment at which a list begins. */
export function JumpToTime({ words, onJump }: JumpToTimeProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>Jump to a time…</Button>
      {isOpen && <TimeDialog words={words} onJump={onJump} onClose={() => setOpen(false)} />}
    </>
  );
}

function TimeDialog({ words, onJump, onClose }: JumpToTimeProps & { readonly onClose: () => void }) {
  const id = useId();
  const [text, setText] = useState(() => formatLocalInput(new Date(systemClock.now())));
  const moment = new Date(text);
  const whyNot = Number.isNaN(moment.getTime()) ? 'Enter a day and a time.' : undefined;
  const jump = () => {
    onClose();
    onJump(moment);
  };
  return (
    <Dialog
      title="Jump to a time"
      onClose={onClose}
      onSubmit={jump}
      actions={
        <Button type="submit" look="primary" whyNot={whyNot}>
          Jump
        </Button>
      }
    >
      <p className="field">
        <label htmlFor={id}>Day and time</label>
        <input
          id={id}
          type="datetime-local"
          value={text}
          aria-describedby={`${id}-hint`}
          onChange={({ target }) => setText(target.value)}
        />
        <span id={`${id}-hint`} className="field-hint">
          In {timeZoneName()}. {words}
        </span>
      </p>
    </Dialog>
  );
}
