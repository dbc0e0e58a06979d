import { type ReactNode, useEffect, useRef } from 'react';
import { useKeptFocus } from './use-kept-focus.ts';

interface PageProps {
  /** In the title of the window, and at the top unless `heading` is given. */
  readonly title: string;
  readonly heading?: ReactNode;
  /** Above the heading: the way back. */
  readonly crumbs?: ReactNode;
  readonly actions?: ReactNode;
  /** On a wide window its tables would be stretched: their columns have short texts. */
  readonly isNarrow?: boolean;
  readonly children: ReactNode;
}

/** Whether a page was shown before this one: the focus stays where the browser puts it when the first one opens. */
let hasNavigated = false;

/** A page. It names the window, moves the focus to its heading after another page was shown, and keeps it when what has it is removed. Give it a `key` where its subject changes. */
export function Page({ title, heading = title, crumbs, actions, isNarrow, children }: PageProps) {
  const page = useRef<HTMLDivElement>(null);
  const headingRef = useRef<HTMLHeadingElement>(null);
  const keptFocus = useKeptFocus(page, headingRef);

  useEffect(() => {
    document.title = `${title} · Leveret`;
  }, [title]);

  useEffect(() => {
    if (hasNavigated) headingRef.current?.focus({ preventScroll: true });
    hasNavigated = true;
  }, []);

  return (
    <div ref={page} className="page" data-narrow={isNarrow} {...keptFocus}>
      <header className="page-head">
        <div>
          {crumbs !== undefined && <p className="crumbs">{crumbs}</p>}
          <h1 ref={headingRef} tabIndex={-1}>
            {heading}
          </h1>
        </div>
        {actions !== undefined && <div className="actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
