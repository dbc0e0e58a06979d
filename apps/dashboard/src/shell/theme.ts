/** What the page looks like: as the system does, or always the same. */
export const THEMES = ['system', 'light', 'dark'] as const;
/** What the page looks like. */
export type Theme = (typeof THEMES)[number];

const KEY = 'leveret-theme';

/** The theme that was chosen in this browser. */
export function storedTheme(): Theme {
  return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'system';
}

/** Chooses a theme for this browser. */
export function storeTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme(theme);
}

/** Shows the page in a theme. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
}
