import { z } from "zod";
import { listOf } from "../../settings.js";
import { type Range, range } from "../range.js";

/** What happens to images after processing: the parameter of each kind, and its limits. */
export const handlingKinds = {
  jpeg: {
    parameter: "quality",
    min: 1,
    max: 100,
    integer: true,
    summary: "saved as JPEG with 4:2:0 chroma subsampling",
  },
  resize: {
    parameter: "factor",
    min: 0.1,
    max: 1,
    integer: false,
    summary: "reduced by this factor, and enlarged again",
  },
  shift: { parameter: "pixels", min: 0, max: 16, integer: false, summary: "shifted to the right and down" },
  blur: {
    parameter: "sigma",
    min: 0,
    max: 5,
    integer: false,
    summary: "Gaussian blur with this standard deviation in pixels",
  },
  noise: { parameter: "sigma", min: 0, max: 1, integer: false, summary: "Gaussian noise for images in [0, 1]" },
} as const;

/** The kinds of handling by name; see `handlingKinds`. */
export type HandlingKind = keyof typeof handlingKinds;

/** One thing that happens to an image after processing, such as being saved as JPEG. */
export interface Handling {
  readonly kind: HandlingKind;
  /** The value of the kind's parameter, or bounds between which it is sampled. */
  readonly value: Range;
}

/** The schema of a handling: "jpeg:85", "resize:0.5..1", or the same as an object. */
export const Handling = z.unknown().transform((given, context): Handling => {
  const [kind, value] =
    typeof given === "string" ? splitAt(given.trim()) : [fieldOf(given, "kind"), fieldOf(given, "value")];
  if (typeof kind !== "string" || !Object.hasOwn(handlingKinds, kind)) {
    context.addIssue({
      code: "custom",
      message: `expected KIND:VALUE, such as jpeg:85, where KIND is ${Object.keys(handlingKinds).join(", ")}`,
    });
    return z.NEVER;
  }
  const limits = handlingKinds[kind as HandlingKind];
  const parsed = range(limits).safeParse(value);
  if (parsed.success) return { kind: kind as HandlingKind, value: parsed.data };
  const isChain = typeof value === "string" && /\+.*:/.test(value);
  for (const { message } of parsed.error.issues)
    context.addIssue({
      code: "custom",
      message: isChain
        ? "expected single handlings; only evaluate takes chains with +"
        : `${message}, as the value of ${kind}`,
    });
  return z.NEVER;
});

/** The schema of several handlings: "jpeg:60..98,shift:0..2", or a list of such texts or of objects. */
export const Handlings = listOf(z.unknown())
  .transform((given) => given.flatMap((each) => (typeof each === "string" ? each.split(",") : [each])))
  .pipe(z.array(Handling));

function splitAt(text: string): [string, string] {
  const colon = text.indexOf(":");
  return colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
}

const fieldOf = (given: unknown, key: "kind" | "value"): unknown =>
  typeof given === "object" && given !== null ? (given as Record<string, unknown>)[key] : undefined;

/** "jpeg:85", "resize:0.5..1" */
export const nameOfHandling = ({ kind, value }: Handling): string =>
  `${kind}:${typeof value === "number" ? value : value.join("..")}`;
