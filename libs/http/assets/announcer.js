/** Lines that are kept: reading them aloud takes longer than saying them here. */
const KEPT_LINES = 30;

/** Tells people who do not see the page what happened on it. Nothing that was said is lost to what is said next. */
export function announce(text) {
  const announcer = document.getElementById('announcer');
  const line = document.createElement('p');
  line.textContent = text;
  announcer.append(line);
  if (announcer.children.length > KEPT_LINES) announcer.firstElementChild.remove();
}
