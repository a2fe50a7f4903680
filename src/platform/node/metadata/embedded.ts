import type { Resolution } from "../resolution.js";
import type { Exif } from "./exif.js";
import type { Iptc } from "./photoshop.js";

/** What an encoded file gets beside its pixels. The format must be able to hold it: see `keptMetadata`. */
export interface Embedded {
  /** Default: none is stated. */
  readonly resolution?: Resolution | undefined;
  /** An ICC profile. */
  readonly profile?: Buffer | undefined;
  readonly exif?: Exif | undefined;
  readonly xmp?: string | undefined;
  readonly iptc?: Iptc | undefined;
  /** Chunks of a PNG or segments of a JPEG. */
  readonly texts?: readonly Buffer[];
}
