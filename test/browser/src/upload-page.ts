import type { Locator, Page } from 'playwright-core';

/** The field for files, behind the zone that they can be dropped on. */
export function filesField(page: Page): Locator {
  return page.getByLabel('Choose files');
}

/** The entry of one upload in the list. */
export function entryOf(page: Page, fileName: string): Locator {
  const heading = page.getByRole('heading', { level: 3, name: fileName, exact: true });
  return page.getByRole('listitem').filter({ has: heading });
}

/** Resolves once the entry says `words`. @throws {Error} with what it says instead. */
export async function waitForWords(entry: Locator, words: string | RegExp): Promise<void> {
  try {
    await entry.getByText(words).waitFor();
  } catch (cause) {
    const said = await entry.allTextContents();
    throw new Error(`instead of ${words} the page says: ${said.join(' | ')}`, { cause });
  }
}

/** Resolves once part of the file is sent, and not all of it; returns how much, from 0 to 1. */
export async function waitForProgress(entry: Locator): Promise<number> {
  await waitForWords(entry, /^Uploading · [1-9]\d?\s% of /);
  return entry.getByRole('progressbar').evaluate((bar) => bar.value);
}

/** Resolves once the picture of the entry is there to be seen; returns how wide it is, in pixels. */
export async function waitForPicture(entry: Locator): Promise<number> {
  await waitForWords(entry, /^Ready · /);
  return entry.getByRole('img', { name: /^Thumbnail of / }).evaluate(async (image) => {
    await image.decode();
    return image.naturalWidth;
  });
}

/** What was announced to people who do not see the page. */
export function announcements(page: Page): Promise<readonly string[]> {
  return page.getByRole('log').getByRole('paragraph').allTextContents();
}

/** Resolves once `words` were announced. */
export async function waitForAnnouncement(page: Page, words: string | RegExp): Promise<void> {
  await page.getByRole('log').getByText(words).waitFor({ state: 'attached' });
}

/** How far the content of an element sticks out at its side, in pixels. */
export function overflowOf(element: Locator): Promise<number> {
  return element.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
}
