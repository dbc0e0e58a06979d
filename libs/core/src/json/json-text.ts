/** Deepest level that is indented: deeper ones are indented as this one. */
const MAX_INDENTED = 100;

/** Where the string ends in JSON whose quotation mark is at `start`. */
export function endOfString(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let slashes = 0;
    while (json[end - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
  return json.length;
}

/**
 * JSON with a line for each value, indented by two spaces, as `JSON.stringify` does. Values stay as they are written, so that numbers keep all their digits.
 * @param json Valid JSON.
 */
export function indentJson(json: string): string {
  const parts: string[] = [];
  let depth = 0;
  let at = 0;
  const newLine = () => `\n${'  '.repeat(Math.min(depth, MAX_INDENTED))}`;
  while (at < json.length) {
    const character = json[at] ?? '';
    let end = at + 1;
    if (character === '"') {
      end = endOfString(json, at);
      parts.push(json.slice(at, end));
    } else if (character === '{' || character === '[') {
      const [empty] = /^\s*[}\]]/.exec(json.slice(end, end + MAX_SPACE)) ?? [];
      depth += empty === undefined ? 1 : 0;
      parts.push(character, empty === undefined ? newLine() : empty.trim());
      end += empty?.length ?? 0;
    } else if (character === '}' || character === ']') {
      depth -= 1;
      parts.push(newLine(), character);
    } else if (character === ',') parts.push(character, newLine());
    else if (character === ':') parts.push(': ');
    else if (!/\s/.test(character)) parts.push(character);
    at = end;
  }
  return parts.join('');
}

/** Most white space in an empty list or object that is taken out. */
const MAX_SPACE = 1_000;
