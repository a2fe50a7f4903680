import { UserError } from "../errors.js";
import { excerpt, printable } from "../printable.js";

/** What an answer that is no success means. */
export interface Refusal {
  /**
   * - `key`: the key is wrong or has no permission; `quota`: the quota is used up; `setting`: the URL or the model does not exist.
   *   Each ends the run, because it would meet every image.
   * - `busy`: the same request can succeed later.
   * - `image`: this image is refused.
   */
  readonly kind: "key" | "quota" | "setting" | "busy" | "image";
  /** The service's own message; empty: it gives none. */
  readonly reason: string;
}

/** An answer that cannot be read, although its status is a success. The same request can succeed later. */
export class MalformedAnswer extends Error {}

/** The service refuses one image. */
export class RefusedImage extends Error {}

/** The service is busy: the same request can succeed later. */
export class BusyService extends Error {}

/** Ends the run: the budget is spent, or no image would be answered. Answers so far are kept. */
export class StoppedRun extends UserError {}

/** What a status means where the service itself says nothing more exact (RFC 9110, section 15; 429: RFC 6585). */
export function refusalOfStatus(status: number, reason: string): Refusal {
  if (status === 401 || status === 403) return { kind: "key", reason };
  if (status === 402) return { kind: "quota", reason };
  if (status === 404 || status === 405 || status === 410) return { kind: "setting", reason };
  if (status === 408 || status === 425 || status === 429 || status >= 500) return { kind: "busy", reason };
  return { kind: "image", reason };
}

/** The longest message of a service that is repeated. */
const LONGEST = 160;

/** A service's message as part of a sentence: its first sentence, on one line and without the full stop. */
export function quoted(reason: string): string {
  const [first = ""] = reason
    .replaceAll(/\s+/g, " ")
    .trim()
    .split(/(?<=[.!?]) (?=[A-Z])/);
  return excerpt(printable(first), LONGEST).replace(/\.$/, "");
}

/** " (message)", or nothing. */
export const inBrackets = (reason: string): string => (reason === "" ? "" : ` (${quoted(reason)})`);

/** Why an image has no labels, now and when the answer comes from the cache. */
export const refusedReason = (service: string, { message }: RefusedImage): string =>
  `${service} refuses it${inBrackets(message)}`;
