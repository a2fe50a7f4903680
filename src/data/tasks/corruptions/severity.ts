import type { Image } from "../../../images/image.js";
import type { Random } from "../../../random.js";

/** Corrupts a picture; `severity` is 1 to 5. */
export type Corruption = (clean: Image, severity: number, random: Random) => Image | Promise<Image>;

/** A corruption that takes other parameters at each of the five severities. */
export const bySeverity =
  <Parameters>(
    published: readonly [Parameters, Parameters, Parameters, Parameters, Parameters],
    corrupt: (clean: Image, parameters: Parameters, random: Random) => Image | Promise<Image>,
  ): Corruption =>
  (clean, severity, random) =>
    corrupt(clean, published[severity - 1] as Parameters, random);
