import { normalizeLabel } from "../metrics/label-agreement.js";
import { synonymsOf } from "../recognition/synonyms.js";
import { type FoundLabel, LEAST_CONFIDENCE } from "./labels.js";

/** The form in which a chat completion is asked to answer. */
export type ResponseFormat =
  | { readonly type: "text" | "json_object" }
  | { readonly type: "json_schema"; readonly json_schema: { readonly schema: Schema } };

/** A JSON Schema, as far as it is read here. */
type Schema = Readonly<Record<string, unknown>>;

/** Labels of an answer that states no number. */
const DEFAULT_LABELS = 5;

/** A name with the confidence that a language model would state for it. */
interface Named {
  readonly name: string;
  readonly confidence: number;
}

/**
 * The content of the assistant's message: the name of the top class as text, `{"labels": [{"name", "confidence"}]}` as a JSON
 * object, or a value of the given JSON Schema. If the schema has an enum of names, or the text lists two or more of the
 * classifier's classes, only these classes are named.
 */
export function answerContent(text: string, format: ResponseFormat, labels: readonly FoundLabel[]): string {
  const named = inText(text, labels).filter(({ confidence }, i) => i === 0 || confidence >= LEAST_CONFIDENCE);
  if (format.type === "text") return named[0]?.name ?? "";
  if (format.type === "json_schema") return JSON.stringify(answerTo(format.json_schema.schema, named, labels));
  return JSON.stringify({ labels: named.slice(0, DEFAULT_LABELS) });
}

/** The labels that the text names, if it names several; otherwise all. */
function inText(text: string, labels: readonly FoundLabel[]): readonly Named[] {
  const parts = new Set(text.split(/[\n,;:]|\.\s/).map((part) => normalizeLabel(/\w(?:.*\w)?/.exec(part)?.[0] ?? "")));
  const candidates = labels.filter(({ synonyms }) => [...synonyms].some((name) => parts.has(name)));
  return (candidates.length > 1 ? candidates : labels).map(({ name, confidence }) => ({ name, confidence }));
}

/** A value of a schema. Objects inside an array describe one label each. */
function answerTo(schema: Schema, named: readonly Named[], labels: readonly FoundLabel[]): unknown {
  if (schema.type !== "array") return filled(schema, named, labels);
  const items = record(schema.items);
  const candidates = enumIn(items, labels) ?? named;
  const [least, most] = [numberOr(schema.minItems, 0), numberOr(schema.maxItems, DEFAULT_LABELS)];
  const shown = candidates.filter(({ confidence }, i) => i < Math.max(least, 1) || confidence >= LEAST_CONFIDENCE);
  return shown.slice(0, most).map((each) => filled(items, [each], labels));
}

/** A value that is no array: a name for a string, a confidence for a number. */
function filled(schema: Schema, named: readonly Named[], labels: readonly FoundLabel[]): unknown {
  if (schema.type === "object") {
    const properties = Object.entries(record(schema.properties));
    const candidates = named.length > 1 ? (enumIn(schema, labels) ?? named) : named;
    return Object.fromEntries(
      properties.map(([key, property]) => [key, answerTo(record(property), candidates, labels)]),
    );
  }
  const [top = { name: "", confidence: 0 }] = named;
  if (schema.type === "number" || schema.type === "integer") {
    const scaled = top.confidence * (schema.maximum === 100 ? 100 : 1);
    return schema.type === "integer" ? Math.round(scaled) : scaled;
  }
  if (schema.type === "boolean") return false;
  if (Array.isArray(schema.enum))
    return (named.find(({ name }) => (schema.enum as unknown[]).includes(name)) ?? enumIn(schema, labels)?.[0])?.name;
  return top.name;
}

/** The names of the first enum in a schema, each with the confidence of the class that it names; the most confident first. */
function enumIn(schema: Schema, labels: readonly FoundLabel[]): Named[] | undefined {
  if (Array.isArray(schema.enum)) {
    // Of classes that share a name, the most confident counts: the last one that is set.
    const confidences = new Map(
      labels
        .toReversed()
        .flatMap(({ synonyms, confidence }) => [...synonyms].map((name) => [name, confidence] as const)),
    );
    return schema.enum
      .filter((name) => typeof name === "string")
      .map((name) => ({
        name,
        confidence: Math.max(0, ...[...synonymsOf(name)].map((each) => confidences.get(each) ?? 0)),
      }))
      .sort((a, b) => b.confidence - a.confidence);
  }
  for (const property of Object.values(record(schema.properties))) {
    const found = enumIn(record(property), labels);
    if (found) return found;
  }
  return undefined;
}

/** Limits of schemas, as the documentation of structured outputs states them. */
const [MOST_LEVELS, MOST_PROPERTIES, MOST_ENUM_VALUES] = [10, 5000, 1000];

/** Why a schema is refused; undefined if it is not. */
export function schemaProblem(schema: Schema): string | undefined {
  let [level, properties, values]: [Schema[], number, number] = [[schema], 0, 0];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > 2 * MOST_LEVELS) return `more than ${MOST_LEVELS} levels`;
    const inside = level.flatMap((each) => Object.values(record(each.properties)));
    values += level.reduce((sum, each) => sum + (Array.isArray(each.enum) ? each.enum.length : 0), 0);
    properties += inside.length;
    if (properties > MOST_PROPERTIES) return `more than ${MOST_PROPERTIES} properties`;
    if (values > MOST_ENUM_VALUES) return `more than ${MOST_ENUM_VALUES} enum values`;
    level = [...inside, ...level.flatMap((each) => (each.items === undefined ? [] : [each.items]))].map(record);
  }
  return undefined;
}

const record = (value: unknown): Schema => (typeof value === "object" && value !== null ? (value as Schema) : {});

const numberOr = (value: unknown, fallback: number): number => (typeof value === "number" ? value : fallback);
