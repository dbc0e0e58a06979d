import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '@leveret/testing/processes';

/** A table of a page: each row by the heads of its columns. */
interface PageTable {
  readonly rows: readonly Readonly<Record<string, string>>[];
}

/** A page of `docs/reference`. */
export interface Page {
  readonly text: string;
  /** The first table that has a column of this head. @throws {Error} when there is none. */
  tableWith(head: string): PageTable;
}

/** Reads a page. */
export function readPage(name: string): Page {
  const text = readFileSync(join(projectRoot, 'docs/reference', name), 'utf8');
  const tables = [...text.matchAll(/(?:^\|.*\|\n)+/gm)].map(([lines]) =>
    lines.trim().split('\n').map(toCells),
  );
  return {
    text,
    tableWith(head) {
      const table = tables.find(([heads]) => heads?.includes(head));
      if (table === undefined) throw new Error(`${name} has no table with a column "${head}"`);
      const [heads = [], , ...rows] = table;
      return {
        rows: rows.map((cells) => Object.fromEntries(heads.map((title, at) => [title, cells[at] ?? '']))),
      };
    },
  };
}

function toCells(line: string): readonly string[] {
  return line
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());
}
