import type { FoundLabel } from "./labels.js";
import type { ImageLimits, ImageProblem, ReceivedImage } from "./received-image.js";

/** A request that a stand-in received. */
export interface StandInRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly url: URL;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What a stand-in answers. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Default: the vendor's content type. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The keys that a stand-in accepts. */
export interface Keys {
  /** The API key or the AWS secret access key. */
  readonly key: string;
  /** The AWS access key ID. */
  readonly accessKey: string;
}

/** An image that was read and labeled, or the reason why it cannot be read. */
export type Labeled = { readonly labels: readonly FoundLabel[]; readonly image: ReceivedImage } | ImageProblem;

/** Labels the bytes of an image file, or its text in base64. The request log counts each call. */
export type LabelImage = (image: Buffer | string) => Promise<Labeled>;

/** Errors that do not depend on the content of a request. */
export type Failure = "throttled" | "quota" | "internal" | "too-large" | "not-found";

/** The wire format of a labeling service, written from the vendor's documentation alone. */
export interface Vendor {
  readonly name: string;
  readonly contentType: string;
  /** Most bytes of a request. */
  readonly mostBytes: number;
  readonly limits: ImageLimits;
  /** Whether a request is for the operation that the stand-in serves. */
  serves(request: StandInRequest): boolean;
  /** The error for a request whose key or signature is missing or wrong; undefined if it is right. */
  refusal(request: StandInRequest, keys: Keys, now: Date): Answer | undefined;
  answer(request: StandInRequest, label: LabelImage): Promise<Answer>;
  failure(kind: Failure): Answer;
}

/** The body of a request as JSON; undefined if it is no JSON in UTF-8. */
export function jsonOf({ body }: StandInRequest): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

/** Whether the content type of a request is one of these, parameters aside. */
export function hasContentType({ headers }: StandInRequest, ...types: readonly string[]): boolean {
  const [type = ""] = (headers["content-type"] ?? "").split(";");
  return types.includes(type.trim().toLowerCase());
}
