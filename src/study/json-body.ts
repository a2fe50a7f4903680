import type { z } from "zod";
import { HttpError } from "../serving/http-error.js";

/** A string of a JSON text, with the colon after it if it is a key. */
const STRING = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/**
 * Parses the body of a request. Programs differ in which of two equal keys they use, so a repeated key is refused; so is
 * `__proto__`, which some programs do not treat as a key.
 * @throws HttpError (400) when it is not UTF-8, no JSON, or has such keys.
 */
export function parseBody(body: Uint8Array): unknown {
  let parsed: unknown;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    parsed = JSON.parse(text);
  } catch {
    throw new HttpError(400, "the body is not valid JSON");
  }
  const keys = [...text.matchAll(STRING)].filter(([, colon]) => colon !== undefined).map(([whole]) => keyOf(whole));
  if (new Set(keys).size < keys.length) throw new HttpError(400, "the body has a repeated key");
  if (keys.includes("__proto__")) throw new HttpError(400, "the body has a key that is not allowed");
  return parsed;
}

const keyOf = (token: string): string => JSON.parse(token.replace(/\s*:$/, "")) as string;

/** Characters that no name has: controls, and halves of surrogate pairs, which are not Unicode. */
const NO_TEXT = /[\p{Cc}\p{Cs}]/u;

/**
 * Checks a parsed body.
 * @throws HttpError (400) with one sentence that names the field.
 */
export function validBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body);
  if (!result.success) {
    const field = result.error.issues[0]?.path.filter((part) => typeof part === "string" && part in schemaKeys(schema));
    throw new HttpError(400, field?.length ? `the field ${String(field[0])} is not valid` : "the body is not valid");
  }
  const values = typeof result.data === "object" && result.data ? Object.entries(result.data) : [];
  for (const [field, value] of values)
    if (typeof value === "string" && NO_TEXT.test(value))
      throw new HttpError(400, `the field ${field} has characters that are no text`);
  return result.data;
}

/** The fields of an object's schema; a field of the request that is none of them is not repeated in a message. */
const schemaKeys = (schema: z.ZodType): object => ("shape" in schema && schema.shape ? (schema.shape as object) : {});
