import type { Label } from "../recognition/judge.js";
import type { Refusal } from "./faults.js";
import type { KeyName, Keys } from "./keys.js";
import type { ServiceName } from "./names.js";

/** An image as it is sent: pixels only, without a name and without metadata. */
export interface SentImage {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: "image/png" | "image/jpeg";
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

/** A request for one image. It is made anew for each attempt, because a signature contains the time. */
export interface ServiceRequest {
  /** Default: POST. */
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

/** What an image costs. */
export interface Price {
  /** In US dollars without free quotas and discounts; null: not known. */
  readonly perImage: number | null;
  /** What it is the price of: "labels $1.50 per 1000". */
  readonly basis: string;
}

/** What a service accepts. */
export interface ServiceLimits {
  /** Most bytes of an image file. */
  readonly bytes: number;
  /** Least pixels of each side. */
  readonly side: number;
}

/** A labeling service that is ready to be asked. */
export interface Service {
  readonly name: string;
  /** For messages: "Google Cloud Vision". */
  readonly title: string;
  /** The URL of its requests. */
  readonly url: URL;
  /** What identifies the service instead of its URL: the port of a stand-in changes from run to run. */
  readonly identity?: string;
  /** Everything besides the image that decides its answer, such as the model and the prompt; no key. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly price: Price;
  readonly limits: ServiceLimits;
  readonly keys: Keys;
  /** The names of its keys, for messages. */
  readonly keyNames: readonly KeyName[];
  request(image: SentImage): ServiceRequest | Promise<ServiceRequest>;
  /**
   * The labels in a successful answer, best first.
   * @param answer parsed JSON.
   * @throws MalformedAnswer when it is no answer of this service; RefusedImage when it says that the image cannot be processed.
   */
  labels(answer: unknown): Label[];
  /**
   * What an answer with an error status means.
   * @param answer parsed JSON; undefined: it is no JSON.
   */
  refusal(status: number, answer: unknown): Refusal;
}

/** What a user can set of a service. */
export interface ServiceOptions {
  /** Its URL; without a path, the path of the vendor is added. Default: that of the vendor. */
  readonly endpoint?: string | undefined;
  readonly model?: string | undefined;
  /** What is asked for, such as "labels" and "objects". Default: labels alone. */
  readonly features?: readonly string[] | undefined;
  /** The names of the classes that a language model chooses from. Default: none, it names what it sees. */
  readonly candidates?: readonly string[] | undefined;
  /** The file that describes a service of the kind `http`. */
  readonly serviceConfig?: string | undefined;
  /** A file with the keys: see `Keys.read`. Default: the environment. */
  readonly keyFile?: string | undefined;
}

/** A kind of service: a vendor with its wire format. */
export interface ServiceKind {
  readonly name: ServiceName;
  readonly title: string;
  /** @throws UserError when an option is missing or unknown, or a key is missing. */
  open(options: ServiceOptions, env?: Readonly<Record<string, string | undefined>>): Promise<Service>;
}
