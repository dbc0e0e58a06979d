import type { ReactNode } from 'react';

/** One large number with its name. */
export interface Figure {
  readonly name: string;
  readonly value: ReactNode;
  /** Smaller, behind the value: its unit, or what it is a part of. */
  readonly of?: ReactNode;
  /** At the right: a sparkline. */
  readonly trend?: ReactNode;
  readonly tone?: 'bad' | undefined;
}

/** The few numbers that sum a page up. */
export function Figures({ figures }: { readonly figures: readonly Figure[] }) {
  return (
    <dl className="figures">
      {figures.map(({ name, value, of, trend, tone }) => (
        <div key={name} className="figure" data-tone={tone}>
          <dt>{name}</dt>
          <dd>
            <span>
              {value} {of !== undefined && <span className="of">{of}</span>}
            </span>
            {trend}
          </dd>
        </div>
      ))}
    </dl>
  );
}
