import { styleText } from 'node:util';
import type { Finding, Severity } from './wiring.ts';

/** From what needs a hand to what does not. */
const GROUPS = [
  { severity: 'problem', title: 'Problems', colour: 'red', singular: 'problem', plural: 'problems' },
  { severity: 'warning', title: 'Warnings', colour: 'yellow', singular: 'warning', plural: 'warnings' },
  { severity: 'unknown', title: 'Not known', colour: 'cyan', singular: 'not known', plural: 'not known' },
  { severity: 'ok', title: 'In order', colour: 'green', singular: 'in order', plural: 'in order' },
] as const;

/** What the doctor found, as `--json` prints it. */
export interface DoctorReport {
  /** Whether there is no problem. */
  readonly healthy: boolean;
  readonly counts: Readonly<Record<Severity, number>>;
  /** What was missing and is declared now; absent when nobody asked for that. */
  readonly declared?: readonly string[];
  readonly findings: readonly Finding[];
}

/** Sums `findings` up. */
export function toReport(findings: readonly Finding[], declared?: readonly string[]): DoctorReport {
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  return {
    healthy: count('problem') === 0,
    counts: {
      problem: count('problem'),
      warning: count('warning'),
      unknown: count('unknown'),
      ok: count('ok'),
    },
    ...(declared === undefined ? {} : { declared }),
    findings,
  };
}

/** The report for people: by severity, the worst last in the eye and first in the list; a summary at the end. */
export function renderReport({ counts, declared, findings }: DoctorReport, hasColours: boolean): string {
  const paint = (colour: (typeof GROUPS)[number]['colour'], text: string) =>
    hasColours ? styleText(colour, text, { validateStream: false }) : text;
  const lists = GROUPS.flatMap(({ severity, title, colour }) => {
    const own = findings.filter((finding) => finding.severity === severity);
    return own.length === 0 ? [] : [paint(colour, title), ...renderFindings(own), ''];
  });
  const sum = GROUPS.map(({ severity, singular, plural }) => {
    const count = counts[severity];
    return `${count} ${count === 1 ? singular : plural}`;
  });
  return [...renderDeclared(declared), ...lists, sum.join(', ')].join('\n');
}

/** What was declared, in words. */
export function renderDeclared(declared: readonly string[] | undefined): readonly string[] {
  if (declared === undefined) return [];
  if (declared.length === 0) return ['Nothing was missing.', ''];
  return ['Declared', ...declared.map((entity) => `  ${entity}`), ''];
}

/** What is said of many things is said once. */
function renderFindings(findings: readonly Finding[]): readonly string[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.check, finding.what, finding.fix]);
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].flatMap(renderGroup);
}

function renderGroup(group: readonly Finding[]): readonly string[] {
  const [{ check, what, fix }] = group as [Finding, ...Finding[]];
  const shown = group.slice(0, MOST_SHOWN).map(({ about }) => about);
  const more = group.length > shown.length ? [`and ${group.length - shown.length} more`] : [];
  const first = `  ${check.padEnd(COLUMN)}${[...shown, ...more].join(', ')}: ${what}`;
  return fix === undefined ? [first] : [first, `  ${' '.repeat(COLUMN)}→ ${fix}`];
}

/** Longer than every name of a check. */
const COLUMN = 18;
/** Most things of which one line says the same; all of them are in the JSON. */
const MOST_SHOWN = 6;
