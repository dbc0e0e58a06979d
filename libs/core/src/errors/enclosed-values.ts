/** Closing quotation marks by the opening one. */
export const QUOTES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '`': '`',
  '“': '”',
  '„': '“”',
  '‘': '’',
  '«': '»',
  '‹': '›',
  '「': '」',
  '『': '』',
  '《': '》',
};

const WORD = /\w/;
const JSON_START = /\{\s*"|\[\s*[[{"]/y;

/** Where the text ends that is quoted from `start` on, after its closing mark; -1 when it does not end. */
export function endOfQuoted(text: string, start: number): number {
  const open = text.charAt(start);
  const closing = QUOTES[open] ?? '';
  for (let at = start + 1; at < text.length; at += 1) {
    if (!closing.includes(text.charAt(at)) || text[at - 1] === '\\') continue;
    // In `'it's'` the second mark closes nothing.
    if (open !== closing || !WORD.test(text.charAt(at + 1))) return at + 1;
  }
  return -1;
}

/** Whether an object of JSON begins at `start`, or a list that holds more than numbers. */
export function isJsonAt(text: string, start: number): boolean {
  JSON_START.lastIndex = start;
  return JSON_START.test(text);
}

/** Where the JSON ends that begins at `start`; -1 when it does not end. */
export function endOfJson(text: string, start: number): number {
  let depth = 0;
  let isInText = false;
  for (let at = start; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '"') isInText = !isInText;
    else if (isInText) at += char === '\\' ? 1 : 0;
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return -1;
}
