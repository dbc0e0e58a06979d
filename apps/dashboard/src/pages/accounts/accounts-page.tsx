import { useState } from 'react';
import { mayUse } from '../../api/session.ts';
import { useSession } from '../../shell/use-session.ts';
import { LedgerAway } from '../../ui/looks/failed.tsx';
import { Look } from '../../ui/looks/look.tsx';
import { Page } from '../../ui/page.tsx';
import { AccountCard } from './account-card.tsx';
import type { Asking } from './asking.ts';
import { KeyCard } from './key-card.tsx';
import { Question } from './question.tsx';
import { type Secret, SecretDialog } from './secret-dialog.tsx';
import { SessionCard } from './session-card.tsx';

/** Who may sign in, and what may they do? */
export function AccountsPage() {
  const session = useSession();
  return (
    <Page title="Accounts" isNarrow>
      {mayUse(session, 'accounts:manage') ? (
        <Content />
      ) : session.isLedgerAway ? (
        <LedgerAway what="accounts" />
      ) : (
        <Look glyph="cancelled" title="Your account may not see accounts.">
          An admin can change your role.
        </Look>
      )}
    </Page>
  );
}

function Content() {
  const [asking, ask] = useState<Asking>();
  const [secret, setSecret] = useState<Secret>();
  const close = () => ask(undefined);
  return (
    <>
      <AccountCard onAsk={ask} />
      <KeyCard onAsk={ask} />
      <SessionCard onAsk={ask} />
      {asking !== undefined && <Question asking={asking} onClose={close} onSecret={setSecret} />}
      {secret !== undefined && <SecretDialog secret={secret} onClose={() => setSecret(undefined)} />}
    </>
  );
}
