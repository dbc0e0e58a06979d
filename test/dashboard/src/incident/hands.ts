import type { Locator, Page } from 'playwright-core';

/** How an operator uses what is on the page. */
export interface Hands {
  /** Uses a link or a button. */
  use(control: Locator): Promise<void>;
  /** Writes into a field. */
  write(field: Locator, text: string): Promise<void>;
}

/** Keys that were pressed, besides the letters of what was written. */
export interface Keys {
  /** How often Tab was pressed on the way to each control. */
  readonly ways: readonly { readonly control: string; readonly tabs: number }[];
  readonly enterCount: number;
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
const LAST_TAB = 60;

/** What is used of an element in the page. */
interface ElementInPage {
  closest(selector: string): unknown;
  compareDocumentPosition(other: unknown): number;
  readonly ownerDocument: { readonly activeElement: unknown; readonly body: unknown };
}

/** Runs in the page: whether the control is in the part that the link at the top skips to. */
function isInMain(control: ElementInPage): boolean {
  return control.closest('main') !== null;
}

/** Runs in the page: whether the control is before the focus in the order of the page. */
function isBeforeFocus(control: ElementInPage): boolean {
  const { activeElement, body } = control.ownerDocument;
  // 4: the other node follows.
  return activeElement !== body && (control.compareDocumentPosition(activeElement) & 4) !== 0;
}

/** Presses keys and nothing else, as people do who see the page and have no mouse: in the direction where the control is. */
export function withKeyboard(page: Page): Hands & { keys(): Keys } {
  const skipLink = page.getByRole('button', { name: 'Skip to the content' });
  const ways: Keys['ways'][number][] = [];
  let enterCount = 0;

  const hasFocus = async (control: Locator) => (await page.locator(':focus').and(control).count()) === 1;

  async function pressEnter(): Promise<void> {
    enterCount += 1;
    await page.keyboard.press('Enter');
  }

  async function reach(control: Locator): Promise<void> {
    await control.waitFor();
    const key = (await control.evaluate(isBeforeFocus)) ? 'Shift+Tab' : 'Tab';
    const isSkippedTo = await control.evaluate(isInMain);
    let tabs = 0;
    while (!(await hasFocus(control))) {
      if (tabs === LAST_TAB) throw new Error(`${control} is not reached by ${tabs} times ${key}`);
      tabs += 1;
      await page.keyboard.press(key);
      if (isSkippedTo && (await hasFocus(skipLink))) await pressEnter();
    }
    ways.push({ control: String(control), tabs });
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
    keys: () => ({ ways, enterCount }),
  };
}
