import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { type Session, signOut } from '../api/session.ts';
import { timeZoneName } from '../format/moment.ts';
import { Choice } from '../ui/controls/choice.tsx';
import { Menu } from '../ui/controls/menu.tsx';
import { PasswordDialog } from './password-dialog.tsx';
import { storedTheme, storeTheme, THEMES, type Theme } from './theme.ts';

const THEME_WORDS: Readonly<Record<Theme, string>> = { system: 'System', light: 'Light', dark: 'Dark' };

const KIND_WORDS: Readonly<Record<Session['kind'], string>> = {
  account: 'signed in',
  key: 'by an API key',
  local: 'on this machine: no sign-in is needed',
  host: 'signed in by the application',
};

/** Who is signed in, how the page looks, and the way out. */
export function UserMenu({ session }: { readonly session: Session }) {
  const [theme, setTheme] = useState(storedTheme);
  const [isChanging, setChanging] = useState(false);
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const leave = useMutation({
    mutationFn: signOut,
    async onSuccess() {
      await navigate({ to: '/sign-in' });
      queryClient.clear();
    },
  });
  const choose = (next: Theme) => {
    setTheme(next);
    storeTheme(next);
  };

  return (
    <>
      <Menu label={<span className="user-name">{session.name}</span>}>
        <p className="menu-head">
          <strong>{session.name}</strong>
          <span className="soft">
            {session.isLedgerAway ? 'reads only while the ledger is away' : session.role},{' '}
            {KIND_WORDS[session.kind]}
          </span>
        </p>
        <p className="menu-line">
          <Choice
            label="Theme"
            options={THEMES.map((value) => ({ value, label: THEME_WORDS[value] }))}
            value={theme}
            onChange={choose}
          />
        </p>
        <p className="menu-line soft">Times are in {timeZoneName()}.</p>
        {session.kind === 'account' && (
          <>
            <button type="button" className="menu-item" onClick={() => setChanging(true)}>
              Change password…
            </button>
            <button type="button" className="menu-item" onClick={() => leave.mutate()}>
              Sign out
            </button>
          </>
        )}
      </Menu>
      {isChanging && <PasswordDialog name={session.name} onClose={() => setChanging(false)} />}
    </>
  );
}
