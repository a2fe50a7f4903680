import type { z } from "zod";
import { reasonsOf, UserError } from "../../errors.js";
import { excerpt } from "../../printable.js";
import type { Label } from "../../recognition/judge.js";
import { MalformedAnswer } from "../faults.js";

/** Checks an answer against its schema. @throws MalformedAnswer when it differs. */
export function parsedAnswer<Schema extends z.ZodType>(schema: Schema, answer: unknown): z.output<Schema> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new MalformedAnswer(`its answer is not of the documented form: ${excerpt(reasonsOf(parsed.error))}`);
}

/** A label, or nothing if its name is empty. @param confidence any number; it is limited to 0..1. */
export const labelOf = (name: string, confidence: number | null): Label[] =>
  name.trim() === ""
    ? []
    : [{ name: name.trim(), confidence: confidence === null ? null : Math.min(1, Math.max(0, confidence)) }];

/** Labels by falling confidence; each name once, with its highest confidence. Labels without confidence come last. */
export function bestFirst(labels: readonly Label[]): Label[] {
  const seen = new Set<string>();
  return labels
    .toSorted((a, b) => (b.confidence ?? -1) - (a.confidence ?? -1))
    .filter(({ name }) => !seen.has(name) && seen.add(name));
}

/**
 * The features that are asked for.
 * @throws UserError when one is not among those of the service.
 */
export function featuresOf<Name extends string>(
  given: readonly string[] | undefined,
  known: Readonly<Record<Name, unknown>>,
  standard: Name,
): Name[] {
  const names = Object.keys(known) as Name[];
  const chosen = given ?? [standard];
  const other = chosen.find((name) => !names.some((each) => each === name));
  if (other !== undefined)
    throw new UserError(`\`features\` must be of ${names.join(", ")}, and one is "${excerpt(other)}"`);
  return names.filter((name) => chosen.includes(name));
}

/** @throws UserError when an option is given that a service of this kind does not have. */
export function requireAbsent(kind: string, options: Readonly<Record<string, unknown>>): void {
  const [key] = Object.entries(options).find(([, value]) => value !== undefined) ?? [];
  if (key !== undefined) throw new UserError(`\`${key}\` has no effect on the service ${kind}`);
}

/** The image in base64. */
export const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
