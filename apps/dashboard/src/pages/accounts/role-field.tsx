import { ADMIN_ROLES, type AdminRole } from '@leveret/http-contract/verbs';
import { useId } from 'react';

interface RoleFieldProps {
  readonly value: AdminRole;
  readonly onChange: (role: AdminRole) => void;
}

/** Asks for a role, and says what it may do. */
export function RoleField({ value, onChange }: RoleFieldProps) {
  const id = useId();
  return (
    <p className="field">
      <label htmlFor={id}>Role</label>
      <select id={id} value={value} onChange={({ target }) => onChange(target.value as AdminRole)}>
        {ADMIN_ROLES.map((role) => (
          <option key={role} value={role}>
            {role}: {ROLE_WORDS[role]}
          </option>
        ))}
      </select>
    </p>
  );
}

const ROLE_WORDS: Readonly<Record<AdminRole, string>> = {
  viewer: 'sees everything but payloads',
  operator: 'sees payloads, and acts on jobs and queues',
  admin: 'also manages accounts and keys',
};
