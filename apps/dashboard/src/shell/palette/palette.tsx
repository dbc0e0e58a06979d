import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useId, useLayoutEffect, useRef, useState } from 'react';
import { overviewQuery } from '../../api/overview.ts';
import type { Queue } from '../../api/queues.ts';
import { mayUse } from '../../api/session.ts';
import { QueueControlDialog } from '../../parts/queues/queue-control.tsx';
import { pagesFor } from '../pages.ts';
import { useSession } from '../use-session.ts';
import { type CommandAction, findCommands, type PaletteCommand } from './find-commands.ts';
import './palette.css';

const NO_QUEUES: readonly Queue[] = [];

/** Goes to a page, a job or a queue, and pauses and resumes queues: by a few letters. It is open while it is rendered. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const session = useSession();
  const { data: overview } = useQuery(overviewQuery);
  const navigate = useNavigate();
  const [controlled, control] = useState<Queue>();
  const sources = {
    pages: pagesFor(session),
    queues: overview?.ledger?.queues ?? NO_QUEUES,
    mayControl: mayUse(session, 'queues:control'),
  };
  const run = (action: CommandAction) => {
    if (action.kind === 'control') return control(action.queue);
    onClose();
    switch (action.kind) {
      case 'page':
        return navigate({ to: action.to });
      case 'job':
        return navigate({ to: '/jobs/$id', params: { id: action.id } });
      case 'jobs':
        return navigate({ to: '/jobs', search: { filter: action.filter } });
      case 'queue':
        return navigate({ to: '/queues/$queue', params: { queue: action.queue.queue } });
    }
  };
  if (controlled !== undefined) return <QueueControlDialog queue={controlled} onClose={onClose} />;
  return <CommandDialog find={(text) => findCommands(text, sources)} onRun={run} onClose={onClose} />;
}

interface CommandDialogProps {
  readonly find: (text: string) => readonly PaletteCommand[];
  readonly onRun: (action: CommandAction) => void;
  readonly onClose: () => void;
}

function CommandDialog({ find, onRun, onClose }: CommandDialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const commands = find(text);
  // There may be fewer than before: a queue is gone.
  const current = Math.min(active, commands.length - 1);

  // Closed before it is removed: only then does the browser give the focus back.
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const command = commands[current];
    if (step !== 0) {
      event.preventDefault();
      setActive((current + step + commands.length) % Math.max(commands.length, 1));
    } else if (event.key === 'Enter' && command !== undefined) {
      event.preventDefault();
      onRun(command.action);
    }
  };

  return (
    <dialog ref={ref} className="dialog palette" aria-label="Commands" closedby="any" onClose={onClose}>
      <input
        type="text"
        role="combobox"
        aria-label="Command"
        aria-autocomplete="list"
        aria-expanded={commands.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={commands.length > 0 ? `${id}-${current}` : undefined}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        placeholder="A page, a queue, or the id of a job"
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id={`${id}-list`} role="listbox" aria-label="Commands" hidden={commands.length === 0}>
        {commands.map(({ label, action }, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/useFocusableInteractive: the field has the focus and handles keys
          <div
            key={label}
            id={`${id}-${index}`}
            ref={index === current ? scrollTo : undefined}
            role="option"
            aria-selected={index === current}
            className="palette-command"
            onClick={() => onRun(action)}
          >
            {label}
          </div>
        ))}
      </div>
      {commands.length === 0 && (
        <p className="soft" role="status">
          Nothing fits. A job is found by its id.
        </p>
      )}
    </dialog>
  );
}

function scrollTo(option: HTMLElement | null): void {
  option?.scrollIntoView({ block: 'nearest' });
}
