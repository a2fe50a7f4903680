import { z } from "zod";
import type { FlagMeta } from "../settings.js";

/** A setting as a flag, or as a positional argument. */
export interface Flag extends FlagMeta {
  readonly key: string;
  /** Without dashes: "lambda-warmup". */
  readonly name: string;
  readonly placeholder: string;
  readonly kind: "switch" | "number" | "text" | "numbers" | "texts";
  /** The allowed values, if they are few. */
  readonly choices: readonly (string | number)[];
  readonly description: string;
  readonly default: unknown;
  readonly required: boolean;
}

/** The part of a JSON Schema that determines how a value is written as text. */
const Field = z.object({
  type: z.string().optional(),
  enum: z.array(z.union([z.string(), z.number()])).optional(),
  anyOf: z.array(z.record(z.string(), z.unknown())).optional(),
  items: z.unknown().optional(),
  prefixItems: z.array(z.unknown()).optional(),
  description: z.string().default(""),
  default: z.unknown().optional(),
  placeholder: z.string().optional(),
  short: z.string().optional(),
  position: z.number().optional(),
});
type Field = z.output<typeof Field>;

/** The JSON Schema of settings before defaults are filled in. */
export const jsonSchemaOf = (schema: z.ZodType) => z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });

/** The flags of a command's settings, in the order of the schema. */
export function flagsOf(schema: z.ZodObject): Flag[] {
  const { properties = {}, required = [] } = jsonSchemaOf(schema);
  return Object.entries(properties).map(([key, property]) => {
    const { description, placeholder, short, position, ...field } = Field.parse(property);
    const [kind, choices] = [kindOf(field), choicesOf(field)];
    return {
      key,
      name: kebab(key),
      kind,
      choices,
      description,
      placeholder: placeholder ?? (kind === "number" ? "n" : "value"),
      default: field.default,
      required: required.includes(key),
      ...(short !== undefined && { short }),
      ...(position !== undefined && { position }),
    };
  });
}

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function kindOf({ type, enum: values, anyOf, items, prefixItems }: Omit<Field, "description">): Flag["kind"] {
  if (type === "boolean") return "switch";
  if (prefixItems) return "numbers";
  if (type === "array") return isNumber(items) ? "numbers" : "texts";
  if (anyOf) {
    const list = anyOf.find((each) => each.type === "array" && !each.prefixItems);
    if (list) return isNumber(list.items) ? "numbers" : "texts";
    return anyOf.some(isNumber) ? "number" : "text";
  }
  return isNumber({ type }) || values?.some((value) => typeof value === "number") ? "number" : "text";
}

const isNumber = (schema: unknown): boolean => {
  const { type } = z.object({ type: z.string().optional() }).catch({}).parse(schema);
  return type === "number" || type === "integer";
};

const choicesOf = ({ enum: values = [] }: Pick<Field, "enum">): readonly (string | number)[] => values;

/**
 * The value of a setting from the texts that were given for its flag, in order. Texts that are not numbers stay texts, so that
 * the schema's message names them.
 */
export function valueFrom({ kind, choices }: Flag, given: readonly string[]): unknown {
  const last = given.at(-1) ?? "";
  if (kind === "texts") return given;
  if (kind === "numbers") return given.flatMap((text) => text.split(",")).map(numberOrText);
  const value = kind === "number" ? numberOrText(last) : last;
  return choices.find((choice) => String(choice).toLowerCase() === last.toLowerCase()) ?? value;
}

const numberOrText = (text: string): number | string =>
  text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;

/** Settings as command-line arguments. */
export function wordsOf(schema: z.ZodObject, settings: Readonly<Record<string, unknown>>): string[] {
  const flags = flagsOf(schema).filter(({ key }) => settings[key] !== undefined);
  const positional = flags.filter(({ position }) => position !== undefined);
  return [
    ...positional.flatMap(({ key }) => [settings[key]].flat().map(textOf)),
    ...flags.filter((flag) => !positional.includes(flag)).flatMap((flag) => flagWords(flag, settings[flag.key])),
  ];
}

function flagWords({ name, kind }: Flag, value: unknown): string[] {
  if (kind === "switch") return [value ? `--${name}` : `--no-${name}`];
  if (kind === "texts") return [value].flat().flatMap((each) => [`--${name}`, textOf(each)]);
  if (kind === "numbers") return [`--${name}`, [value].flat().join(",")];
  return [`--${name}`, Array.isArray(value) ? value.join("..") : textOf(value)];
}

/** Objects are written as their values with = between them, as FILE=WEIGHT. */
const textOf = (value: unknown): string =>
  typeof value === "object" && value !== null ? Object.values(value).join("=") : String(value);
