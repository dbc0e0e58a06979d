import type { ControlAction } from '@leveret/core';
import { useState } from 'react';
import type { Job } from '../../api/jobs.ts';
import { API_PATH } from '../../api/transport/base.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { whyNotPossible } from '../../parts/action-rules.ts';
import { ACTION_WORDS } from '../../parts/action-words.ts';
import { useSession } from '../../shell/use-session.ts';
import { Button } from '../../ui/controls/button.tsx';
import { Menu } from '../../ui/controls/menu.tsx';
import { useCopy } from '../../ui/controls/use-copy.tsx';
import { commandsFor } from './commands.ts';

/** What can be done with the job, and the same as commands. What is not possible says why. */
export function JobActions({ job: { id, state } }: { readonly job: Pick<Job, 'id' | 'state'> }) {
  const session = useSession();
  const [action, setAction] = useState<ControlAction>();
  const actions = [
    'run-now',
    'cancel',
    'retry',
    state === 'discarded' ? 'restore' : 'discard',
  ] as const satisfies readonly ControlAction[];
  return (
    <>
      {actions.map((name) => (
        <Button
          key={name}
          look={name === 'discard' ? 'danger' : 'plain'}
          whyNot={whyNotPossible(name, [state], session)}
          onClick={() => setAction(name)}
        >
          {name === 'retry' && state !== 'dead' ? 'Run again' : ACTION_WORDS[name].verb}…
        </Button>
      ))}
      <CopyMenu id={id} state={state} />
      {action !== undefined && (
        <ActionDialog
          action={action}
          target={{ kind: 'selected', jobIds: [id] }}
          onClose={() => setAction(undefined)}
        />
      )}
    </>
  );
}

function CopyMenu({ id, state }: Pick<Job, 'id' | 'state'>) {
  const { copy, dialog } = useCopy();
  const { curl, cli } = commandsFor({ id, state }, `${window.location.origin}${API_PATH}`);
  return (
    <>
      <Menu label="Copy as…">
        {[
          { name: 'curl', commands: curl },
          { name: 'leveret jobs', commands: cli },
        ].map(({ name: tool, commands }) => (
          <div key={tool}>
            <p className="menu-head soft">{tool}</p>
            {commands.map(({ name, command }) => (
              <button
                key={name}
                type="button"
                className="menu-item"
                title={command}
                onClick={() => copy(command, `Copied: ${command}`)}
              >
                {name} <span className="unseen">as {tool}</span>
              </button>
            ))}
          </div>
        ))}
      </Menu>
      {dialog}
    </>
  );
}
