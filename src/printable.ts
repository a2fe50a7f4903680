/**
 * Characters that act instead of being shown: controls (terminal escapes, line breaks), line separators, and those that turn
 * the direction of text. Halves of a surrogate pair are no characters.
 */
const ACTIVE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

const escapeOf = (character: string): string =>
  SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** A name or a message on one line: characters that act on a terminal are written as in JSON, "\u001b" and "\n". */
export const printable = (text: string): string => text.replace(ACTIVE, escapeOf);

/** The beginning of a text that a message repeats, which can be a damaged file's. */
export const excerpt = (text: string, longest = 120): string =>
  text.length > longest ? `${text.slice(0, longest)}… (${text.length} characters)` : text;

/** A text of several lines: as `printable`, but line breaks and tabs stay. JSON stays the same JSON. */
export const printableText = (text: string): string =>
  text.replace(ACTIVE, (character) => (character === "\n" || character === "\t" ? character : escapeOf(character)));

/** A name inside a table of Markdown that is also read on a terminal: no HTML, cell or line break begins in it. */
export const tableCell = (text: string): string =>
  printable(text)
    .replaceAll(/<(?=[a-z/!?])/gi, "&lt;")
    .replaceAll("|", "\\|");

/** A name or a title inside Markdown: no HTML, link, image, heading or line break begins in it. */
export const markdownText = (text: string): string =>
  tableCell(text.replaceAll(/\s*\n\s*/g, " ")).replaceAll(/[[\]]/g, "\\$&");
