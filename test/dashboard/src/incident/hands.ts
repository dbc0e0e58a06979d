import type { Locator, Page } from 'playwright-core';

/** How an operator uses what is on the page. */
export interface Hands {
  /** Uses a link or a button. */
  use(control: Locator): Promise<void>;
  /** Writes into a field. */
  write(field: Locator, text: string): Promise<void>;
}

/** Keys that were pressed, besides the letters of what was written. */
export interface KeyCounts {
  readonly tab: number;
  readonly others: number;
  /** Most tabs to one control, and which. */
  readonly farthest: { readonly tab: number; readonly control: string };
}

/** Points and clicks; writes with the keyboard. */
export function withMouse(page: Page): Hands {
  return {
    use: (control) => control.click(),
    async write(field, text) {
      await field.click();
      await page.keyboard.insertText(text);
    },
  };
}

/** A control that is further away than this is not reached. */
const MAX_TABS = 60;
/** Whether the control is in the part of the page that the link at the top skips to. */
const IS_IN_MAIN = `(control) => control.closest('main') !== null`;
/** Whether the control is before the focus in the order of the page. */
const IS_BEFORE_FOCUS = `(control) =>
  document.activeElement !== document.body &&
  (control.compareDocumentPosition(document.activeElement) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0`;

/** Presses keys and nothing else, as people do who see the page and have no mouse: in the direction where the control is. */
export function withKeyboard(page: Page): Hands & { counts(): KeyCounts } {
  const skipLink = page.getByRole('button', { name: 'Skip to the content' });
  let tab = 0;
  let others = 0;
  let farthest = { tab: 0, control: '' };

  const hasFocus = async (control: Locator) => (await page.locator(':focus').and(control).count()) === 1;

  async function pressEnter(): Promise<void> {
    others += 1;
    await page.keyboard.press('Enter');
  }

  async function reach(control: Locator): Promise<void> {
    await control.waitFor();
    const before = tab;
    const key = (await control.evaluate<boolean, unknown>(IS_BEFORE_FOCUS)) ? 'Shift+Tab' : 'Tab';
    const isInMain = await control.evaluate<boolean, unknown>(IS_IN_MAIN);
    while (!(await hasFocus(control))) {
      if (tab - before === MAX_TABS) throw new Error(`${control} is not reached by ${MAX_TABS} times ${key}`);
      tab += 1;
      await page.keyboard.press(key);
      if (isInMain && (await hasFocus(skipLink))) await pressEnter();
    }
    if (tab - before > farthest.tab) farthest = { tab: tab - before, control: String(control) };
  }

  return {
    async use(control) {
      await reach(control);
      await pressEnter();
    },
    async write(field, text) {
      await reach(field);
      await page.keyboard.insertText(text);
    },
    counts: () => ({ tab, others, farthest }),
  };
}
