import type { ReactNode } from 'react';
import { Glyph, type GlyphLook } from '../text/glyph.tsx';

interface LookProps {
  readonly glyph?: GlyphLook;
  /** One sentence: what is so. */
  readonly title: string;
  /** Why, and what to do next. */
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

/** What stands in the place of content that is not there. */
export function Look({ glyph, title, children, action }: LookProps) {
  return (
    <div className="look">
      <p className="look-title">
        {glyph !== undefined && <Glyph look={glyph} />} {title}
      </p>
      {children !== undefined && <p className="look-more">{children}</p>}
      {action}
    </div>
  );
}
