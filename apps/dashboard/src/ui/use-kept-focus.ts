import { type RefObject, useEffect, useEffectEvent, useRef } from 'react';
import { useAnnounce } from './controls/announcer.tsx';

/** What can have the focus by the Tab key. */
const FOCUSABLE =
  ':is(a[href], button, input, select, textarea, summary, [tabindex="0"]):not([tabindex="-1"])';
/** An entry of a list or a table. */
const ENTRY = 'li, tr';

/**
 * Keeps the focus in the page when the element that has it is removed: a job was retried, a group has left its list, a button has done what it was for.
 * The focus goes to the next entry of the list, or to the one before, or to the first control nearby, or to the heading. It stays where it is when it
 * is anywhere else.
 *
 * @returns Handlers for the element of the page.
 */
export function useKeptFocus(page: RefObject<HTMLElement | null>, heading: RefObject<HTMLElement | null>) {
  const announce = useAnnounce();
  const focused = useRef<Element>(undefined);

  const onChange = useEffectEvent((records: readonly MutationRecord[]) => {
    const lost = focused.current;
    if (lost === undefined || lost.isConnected || page.current === null) return;
    const { activeElement, body } = document;
    const isElsewhere = activeElement !== null && activeElement !== body;
    focused.current = isElsewhere && page.current.contains(activeElement) ? activeElement : undefined;
    const removal = isElsewhere ? undefined : removalOf(lost, records);
    if (removal === undefined) return;
    placeAfter(removal, page.current, heading.current)?.focus({ preventScroll: true });
    if (removal.isEntry) announce('The entry that had the focus is no longer in the list.');
  });

  useEffect(() => {
    if (page.current === null) return;
    const observer = new MutationObserver((records) => onChange(records));
    observer.observe(page.current, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, [page]);

  return {
    onFocus: ({ target }: { readonly target: Element }) => {
      focused.current = target;
    },
    // React reports no blur of what it removes. While another window has the focus, the element keeps its own.
    onBlur: ({ target }: { readonly target: Element }) => {
      if (document.activeElement !== target) focused.current = undefined;
    },
  };
}

/** Where an element was removed. */
interface Removal extends Pick<MutationRecord, 'target' | 'nextSibling' | 'previousSibling'> {
  /** An entry of a list was removed, with the element in it. */
  readonly isEntry: boolean;
}

function removalOf(lost: Element, records: readonly MutationRecord[]): Removal | undefined {
  for (const { removedNodes, target, nextSibling, previousSibling } of records)
    for (const node of removedNodes)
      if (node.contains(lost)) return { target, nextSibling, previousSibling, isEntry: isEntry(node) };
  return undefined;
}

function placeAfter(
  { target, nextSibling, previousSibling, isEntry: wasEntry }: Removal,
  page: Element,
  heading: HTMLElement | null,
): HTMLElement | null {
  const neighbours = wasEntry ? [nextSibling, previousSibling].filter(isEntry) : [];
  const around: Element[] = [];
  for (let place: Node | null = target; place !== null && place !== page; place = place.parentNode)
    if (place instanceof Element && page.contains(place)) around.push(place);
  for (const place of [...neighbours, ...around]) {
    const control = [...place.querySelectorAll<HTMLElement>(FOCUSABLE)].find((one) => one.checkVisibility());
    if (control !== undefined) return control;
  }
  return heading;
}

function isEntry(node: Node | null): node is Element {
  return node instanceof Element && node.matches(ENTRY);
}
