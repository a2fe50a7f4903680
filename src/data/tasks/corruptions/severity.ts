import type { Image } from "../../../images/image.js";
import type { Random } from "../../../random.js";

/** Corrupts an image with a severity from 1 to 5. */
export type Corruption = (clean: Image, severity: number, random: Random) => Image | Promise<Image>;

/** A corruption with parameters for each of the five severities. */
export const bySeverity =
  <Parameters>(
    parametersBySeverity: readonly [Parameters, Parameters, Parameters, Parameters, Parameters],
    corrupt: (clean: Image, parameters: Parameters, random: Random) => Image | Promise<Image>,
  ): Corruption =>
  (clean, severity, random) =>
    corrupt(clean, parametersBySeverity[severity - 1] as Parameters, random);
