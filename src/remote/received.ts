import type { RawAnswer } from "./cache.js";
import { MalformedAnswer } from "./faults.js";
import type { Keys } from "./keys.js";

/** The most bytes of an answer. Labels take a few kilobytes. */
export const LARGEST_ANSWER = 4 * 2 ** 20;

/** Headers of an answer that are kept. */
const KEPT = [
  "content-type",
  "date",
  "retry-after",
  "x-request-id",
  "x-amzn-requestid",
  "apim-request-id",
  "request-id",
];

/**
 * Reads an answer. Keys that the service repeats are replaced.
 * @throws MalformedAnswer when it is larger than `LARGEST_ANSWER`.
 */
export async function readAnswer(response: Response, keys: Keys): Promise<RawAnswer> {
  const headers = KEPT.flatMap((name) => {
    const value = response.headers.get(name);
    return value === null ? [] : [[name, keys.scrub(value)] as const];
  });
  return { status: response.status, headers: Object.fromEntries(headers), body: keys.scrub(await readText(response)) };
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += (chunk as Uint8Array).length;
    if (size > LARGEST_ANSWER) throw new MalformedAnswer(`its answer is larger than ${LARGEST_ANSWER} bytes`);
    chunks.push(chunk as Uint8Array);
  }
  return new TextDecoder().decode(Buffer.concat(chunks)); // without a byte order mark
}

/** The JSON of a successful answer. @throws MalformedAnswer when it is another type, or no JSON. */
export function jsonOf({ headers, body }: RawAnswer): unknown {
  const type = headers["content-type"] ?? "";
  if (!/^application\/(x-amz-)?([\w.+-]*\+)?json\b/i.test(type))
    throw new MalformedAnswer(`its answer is ${type === "" ? "of no type" : `of the type ${type}`}; expected JSON`);
  const json = parsedOrUndefined(body);
  if (json === undefined) throw new MalformedAnswer("its answer is not valid JSON");
  return json;
}

/** Undefined for what is not JSON. */
export function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The seconds that `Retry-After` asks to wait (RFC 9110, 10.2.3: seconds or a date); undefined: it is absent or no such value.
 */
export function retryAfter({ headers }: RawAnswer, now = Date.now()): number | undefined {
  const value = headers["retry-after"]?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  const date = /[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}
