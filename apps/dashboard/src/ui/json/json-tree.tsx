import { REDACTED } from '@leveret/core';
import { useMemo, useState } from 'react';
import { formatBytes, formatCount } from '../../format/number.ts';
import { Button } from '../controls/button.tsx';
import { Pill } from '../text/pill.tsx';
import { childrenOf, isContainer, type JsonChild, type JsonValue, rootOf } from './json-text.ts';
import './json-tree.css';

/** Children that are shown of an object or a list, until more are asked for. */
const STEP = 100;
/** A value of at most so many characters is unfolded from the start. */
const MAX_UNFOLDED = 600;
/** Characters of a text that are shown, until all are asked for. */
const MAX_TEXT = 500;

/** JSON as a tree. Parts are read when they are unfolded, so that some megabytes do not hold the page up. @param text JSON. */
export function JsonTree({ text }: { readonly text: string }) {
  const root = useMemo(() => rootOf(text), [text]);
  return (
    <div className="json">
      {isContainer(root) ? <Children text={text} value={root} /> : <Scalar text={text} value={root} />}
    </div>
  );
}

function Children({ text, value }: { readonly text: string; readonly value: JsonValue }) {
  const [limit, setLimit] = useState(STEP);
  const found = useMemo(() => childrenOf(text, value, limit + 1), [text, value, limit]);
  const children = found.slice(0, limit);
  if (children.length === 0) return <span className="soft">{value.kind === 'list' ? '[]' : '{}'}</span>;
  return (
    <ul>
      {children.map((child, index) => (
        <li key={child.value.start}>
          <Child text={text} child={child} index={index} />
        </li>
      ))}
      {found.length > limit && (
        <li>
          <Button look="quiet" onClick={() => setLimit(limit + STEP)}>
            Show {formatCount(STEP)} more
          </Button>
        </li>
      )}
    </ul>
  );
}

function Child({
  text,
  child,
  index,
}: {
  readonly text: string;
  readonly child: JsonChild;
  readonly index: number;
}) {
  const { name, value } = child;
  const size = value.end - value.start;
  const [isOpen, setOpen] = useState(size <= MAX_UNFOLDED);
  const label = <span className="json-name">{name ?? index}:</span>;
  if (!isContainer(value))
    return (
      <>
        {label} <Scalar text={text} value={value} />
      </>
    );
  return (
    <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        {label}{' '}
        <span className="soft">
          {value.kind === 'list' ? 'list' : 'object'}, {formatBytes(size)}
        </span>
      </summary>
      {isOpen && <Children text={text} value={value} />}
    </details>
  );
}

function Scalar({ text, value: { kind, start, end } }: { readonly text: string; readonly value: JsonValue }) {
  const [isWhole, setWhole] = useState(false);
  if (kind !== 'text') return <span className={`json-${kind}`}>{text.slice(start, end)}</span>;
  if (text.slice(start, end) === JSON.stringify(REDACTED)) return <Pill>redacted</Pill>;
  const isLong = !isWhole && end - start > MAX_TEXT;
  if (!isLong) return <span className="json-text">{text.slice(start, end)}</span>;
  return (
    <>
      <span className="json-text">{text.slice(start, start + MAX_TEXT)}…</span>{' '}
      <Button look="quiet" onClick={() => setWhole(true)}>
        Show all, {formatBytes(end - start)}
      </Button>
    </>
  );
}
