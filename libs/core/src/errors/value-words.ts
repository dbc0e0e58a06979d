const MARKED = /[\d@*]/;
const HEXADECIMAL = /^[a-f-]{6,}$/i;

/** Ends of host names; the second ones only where the name has three parts, because code has names such as `server.app` too. */
const TOP_LEVEL_DOMAINS = toSet(
  'com net org edu gov io eu de uk fr nl ru cn jp kr br au ca it es se fi dk pl ch be cz us',
);
const OTHER_DOMAINS = toSet(
  'app dev cloud ai co local internal lan corp home svc test example invalid at ie in me mx no nz pt ro tr tv tw ua za biz info online shop site store tech xyz',
);
/** Ends of file names that hold data. Those of code, such as `js` and `json`, end names of properties too. */
const FILE_TYPES = toSet(
  'mov webm mkv avi mpg mpeg ogg ogv wav flac wmv flv jpg jpeg png gif webp avif heic heif svg bmp tif tiff pdf doc docx xls xlsx csv tsv txt eml zip gz tar tgz rar bak tmp sqlite',
);
const DATE_WORDS = toSet(
  'Mon Tue Wed Thu Fri Sat Sun Monday Tuesday Wednesday Thursday Friday Saturday Sunday Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec January February March April June July August September October November December',
);
const UNITS = toSet(
  'ms millisecond milliseconds s sec secs second seconds min mins minute minutes h hr hrs hour hours day days week weeks b byte bytes kb mb gb tb kib mib gib tib px am pm utc gmt z',
);

/** How many characters before a word say what the word is. */
export const MARK_LENGTH = 40;
/** What stands before a code: the status of an HTTP response, the exit code of a program. */
const CODE_MARK = /(?:\b(?:code|status)|Code|Status|HTTP)[ :=]{1,2}$/;
const CODE = /^\d{1,3}$/;
/** What stands before a value, whatever it looks like. Nearly all words follow another one, for which the first of the two is enough. */
const MARK_END = /(?:[=:]|[:=A-Z] )$/;
const VALUE_MARK =
  /(?:=|(?:\b[Ii][Dd]|\bID|[a-z](?:Id|ID)|_id): ?|\b(?:getaddrinfo|query\w+|connect) E[A-Z_]+ )$/;
/** What the engine writes before the name of a property. The name stands in the code, and tells two mistakes of one function apart. */
const PROPERTY_MARK = /(?:\((?:reading|setting)|Cannot (?:read|set|destructure) property) $/;
const PROPERTY = /^[A-Za-z_$]+$/;

/** Whether a word of a message is a value: a number, an id, a hexadecimal text, an address, a host or a file. Words of a language are none. */
export function isValueWord(word: string): boolean {
  if (MARKED.test(word) || HEXADECIMAL.test(word) || word === 'localhost') return true;
  const slash = word.indexOf('/');
  const dot = word.lastIndexOf('.');
  if (slash >= 0) return dot > slash || slash !== word.lastIndexOf('/');
  if (dot < 0) return false;
  const end = word.slice(dot + 1).toLowerCase();
  const isOfThree = word.indexOf('.') !== dot;
  return TOP_LEVEL_DOMAINS.has(end) || FILE_TYPES.has(end) || (isOfThree && OTHER_DOMAINS.has(end));
}

/** Whether a word is a number that is a code: that says what happened, as words do. `before` is the text before it. */
export function isCode(word: string, before: string): boolean {
  return CODE.test(word) && CODE_MARK.test(before);
}

/** Whether the text before a word says that a value follows: `user=`, `requestId: `, `getaddrinfo ENOTFOUND `. */
export function announcesValue(before: string): boolean {
  return MARK_END.test(before.slice(-2)) && VALUE_MARK.test(before);
}

/** Whether a quoted text is the name of a property that code asks for. `before` is the text before it. */
export function isProperty(quoted: string, before: string): boolean {
  return PROPERTY_MARK.test(before) && PROPERTY.test(quoted);
}

/** Whether a word is part of a date when a number is next to it. */
export function isDateWord(word: string): boolean {
  return DATE_WORDS.has(word);
}

/** Whether a word belongs to the number before it. */
export function isUnit(word: string): boolean {
  return UNITS.has(word.toLowerCase());
}

/** `file` for `files`: after a number, one or the other does not matter. */
export function singular(word: string): string {
  return /^[a-z]{3,}[^s]s$/.test(word) ? word.slice(0, -1) : word;
}

function toSet(words: string): ReadonlySet<string> {
  return new Set(words.split(' '));
}
