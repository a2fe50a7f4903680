import { messageOf, UserError } from "../../errors.js";

/* What the reports of libvips and of the libraries below it mean. Their own texts name parts of programs, not of the file. */

/** The most pixels that sharp decodes: 16383 ** 2. */
const MOST_PIXELS = "268,402,689";

type Meaning = readonly [pattern: RegExp, meaning: string | ((match: RegExpMatchArray) => string)];

const UNKNOWN_ERROR = "its data are damaged or truncated";

const ERRORS: readonly Meaning[] = [
  [/pixel limit/, `it has more pixels than can be decoded (${MOST_PIXELS})`],
  [/(\w+) compression support is not configured/, ([, name]) => `its compression ${name} cannot be decoded`],
  [/allocation failed|bad_alloc|out of memory|array length/i, "memory does not hold its pixels"],
  [/no known route from/, "its channels are not those of gray, RGB or CMYK"],
  [/bad labq format/, "its colors are in Lab; expected gray, RGB or CMYK"],
  [/^heif:/m, UNKNOWN_ERROR], // calls damaged data an end of the file
  [/JPEG datastream contains no image|missing SOS marker/, "the file is truncated before its image data"],
  [/premature end|unexpected end|read error at|not enough data/i, "the file is truncated"],
];

const WARNINGS: readonly Meaning[] = [
  [/(\d+) extraneous bytes/, ([, count]) => `it contains ${count} stray bytes`],
  [/premature end of data segment/, "a part of its image data is missing or damaged"],
  [/corrupt/i, "its image data are damaged"],
];
const UNKNOWN_WARNING = "its data break the rules of its format";

function meaningOf(error: unknown, meanings: readonly Meaning[], otherwise: string): string {
  const text = messageOf(error);
  for (const [pattern, meaning] of meanings) {
    const match = text.match(pattern);
    if (match) return typeof meaning === "string" ? meaning : meaning(match);
  }
  return otherwise;
}

/** Why an image cannot be decoded, as the end of a sentence. */
export const reasonOf = (error: unknown): string =>
  error instanceof UserError ? error.message : meaningOf(error, ERRORS, UNKNOWN_ERROR);

/** What a warning of a decoder says about a file that was decoded. */
export const flawOf = (warning: unknown): string => meaningOf(warning, WARNINGS, UNKNOWN_WARNING);

/** Whether a decoder warns of damaged data. */
export const isCorrupt = (warning: unknown): boolean => /corrupt/i.test(messageOf(warning));
