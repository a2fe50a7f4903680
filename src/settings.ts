import { z } from "zod";
import { UserError } from "./errors.js";
import { excerpt } from "./printable.js";

/* Building blocks of settings. A setting is a field of a zod schema; flags, help, config files and recipes derive from it. */

/** How a setting looks on the command line; everything else follows from its schema. */
export interface FlagMeta {
  /** What its value is called in help: "file", "name|file". Default: from its type. */
  readonly placeholder?: string;
  /** One letter: `-o`. */
  readonly short?: string;
  /** Its place among the positional arguments, from 0; it is then no flag. */
  readonly position?: number;
}

/** No count of steps, images or pixels is larger; a larger number is a mistake. */
const LARGEST = 2 ** 31 - 1;

/** 1, 2, 3, … */
export const positiveInteger = (most = LARGEST) => {
  const message = "must be a whole number of 1 or more";
  return z.number(message).int(message).positive(message).max(most, `must be at most ${most}`);
};

/** 0, 1, 2, … */
export const wholeNumber = () => {
  const message = "must be a whole number of 0 or more";
  return z.number(message).int(message).nonnegative(message).max(LARGEST, `must be at most ${LARGEST}`);
};

/** Threads of ONNX Runtime. Starting many more than a machine has cores takes minutes. */
export const threadCount = () =>
  positiveInteger(1024)
    .optional()
    .describe("intra-op threads of ONNX Runtime (default: LEGIBLE_THREADS, or one per core)");

/** The side of an image that a network gets whole, in pixels. */
export const sideLength = () => positiveInteger(16384);

export const positiveNumber = () => z.number("must be a number").positive("must be above 0");

export const nonnegativeNumber = () => z.number("must be a number").nonnegative("must be 0 or more");

/** The seed of a generator: any whole number. */
export const seed = (description: string) =>
  z.number("must be a whole number").int("must be a whole number").default(0).describe(description);

const anyPath = () => z.string().min(1, "must not be empty");

/** A path. "-", which other programs take for standard input and output, would become a file of that name. */
const pathText = () =>
  anyPath().refine((path) => path !== "-", "must be a path; standard input and output are not supported");

export const path = (description: string, meta: FlagMeta = {}) =>
  pathText()
    .describe(description)
    .meta({ placeholder: "path", ...meta });

/** A path, or "-" for standard input or output. */
export const pathOrStream = (description: string, meta: FlagMeta = {}) =>
  anyPath()
    .describe(description)
    .meta({ placeholder: "path", ...meta });

/** A list; a single value is a list of one. */
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.union([z.array(item), item]).transform((given) => (Array.isArray(given) ? given : [given]) as z.output<Item>[]);

/** One path or several. */
export const paths = (description: string, meta: FlagMeta = {}) =>
  listOf(pathText())
    .describe(description)
    .meta({ placeholder: "path", ...meta });

/** One path or several, or "-" for standard input. */
export const pathsOrStream = (description: string, meta: FlagMeta = {}) =>
  listOf(anyPath())
    .describe(description)
    .meta({ placeholder: "path", ...meta });

/** A setting's key in a message; the command line shows its flag there. */
export const named = (key: string): string => `\`${key}\``;

/**
 * Checks settings and fills in defaults.
 * @param what the operation, for the message: "train".
 * @throws UserError that names the first setting that is unknown, missing or out of range.
 */
export function parseSettings<Schema extends z.ZodObject>(
  schema: Schema,
  settings: Readonly<Record<string, unknown>>,
  what: string,
): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const result = schema.strict().safeParse(given);
  if (result.success) return result.data as z.output<Schema>;
  const [issue] = result.error.issues;
  if (issue?.code === "unrecognized_keys")
    throw new UserError(`cannot ${what}: there is no setting ${named(issue.keys[0] ?? "")}`);
  const [key = "", ...inside] = (issue?.path ?? []).map(String);
  if (given[key] === undefined) throw new UserError(`cannot ${what}: ${named(key)} is required`);
  const value = given[key];
  const [only] = Array.isArray(value) && value.length === 1 ? value : [value];
  const place = only === value ? inside : inside.slice(1);
  const at = place.length > 0 ? ` (${place.join(".")})` : "";
  const message = issue ? messageOf(issue) : "";
  const text = message.startsWith("expected") ? `is ${shown(only)}; ${message}` : `${message}, and is ${shown(only)}`;
  throw new UserError(`cannot ${what}: ${named(key)}${at} ${text}`);
}

/** A value as JSON; NaN and the infinities, which YAML has and JSON lacks, by their names. */
const shown = (value: unknown): string =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : excerpt(JSON.stringify(value) ?? "nothing");

/** The message of an issue as the end of a sentence. Of a union the first message that is not zod's own is taken. */
const messageOf = (issue: z.core.$ZodIssue): string =>
  ownMessages(issue)[0] ?? typeMessage(issue) ?? `is not valid: ${issue.message}`;

function ownMessages(issue: z.core.$ZodIssue): string[] {
  if (issue.code === "invalid_union") return issue.errors.flat().flatMap(ownMessages);
  return /^(must|expected)/.test(issue.message) ? [issue.message] : [];
}

/** What the value must be where a schema has no message of its own. */
function typeMessage(issue: z.core.$ZodIssue): string | undefined {
  if (issue.code === "invalid_value")
    return `must be ${new Intl.ListFormat("en", { type: "disjunction" }).format(issue.values.map(String))}`;
  const type = issue.code === "invalid_type" ? TYPES[issue.expected] : undefined;
  return type && `must be ${type}`;
}

/** What a value of each type is called in a message. */
const TYPES: Readonly<Record<string, string>> = {
  ...{ number: "a number", int: "a whole number", string: "a text", boolean: "true or false" },
  ...{ array: "a list", object: "an object" },
};
