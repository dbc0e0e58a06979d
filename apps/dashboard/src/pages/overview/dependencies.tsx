import type { Overview } from '../../api/overview.ts';
import { Glyph, type GlyphLook } from '../../ui/text/glyph.tsx';

type Dependency = Overview['dependencies'][number];

const NAMES: Readonly<Record<Dependency['name'], string>> = {
  broker: 'Broker',
  ledger: 'Ledger',
  recorder: 'Recorder',
  control: 'Control',
  disk: 'Disk',
};
const LOOKS: Readonly<Record<Dependency['state'], { readonly glyph: GlyphLook; readonly word: string }>> = {
  up: { glyph: 'up', word: 'up' },
  warning: { glyph: 'warning', word: 'warning' },
  blocked: { glyph: 'warning', word: 'blocked' },
  down: { glyph: 'down', word: 'down' },
};

/** What Leveret depends on, and how it is. */
export function Dependencies({ dependencies }: Pick<Overview, 'dependencies'>) {
  return (
    <ul className="dependencies">
      {dependencies.map(({ name, state, text }) => (
        <li key={name}>
          <Glyph look={LOOKS[state].glyph} /> {NAMES[name]}{' '}
          <span className="unseen">{LOOKS[state].word}</span>
          <span className="soft">{text}</span>
        </li>
      ))}
    </ul>
  );
}
