import { type ReactNode, useId } from 'react';

interface CardProps {
  readonly title: string;
  /** Beside the title. */
  readonly aside?: ReactNode;
  /** Without a margin inside, for tables. */
  readonly isFlush?: boolean;
  readonly children: ReactNode;
}

/** A part of a page with a heading. */
export function Card({ title, aside, isFlush = false, children }: CardProps) {
  const id = useId();
  return (
    <section className="card" data-flush={isFlush || undefined} aria-labelledby={id}>
      <header className="card-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
