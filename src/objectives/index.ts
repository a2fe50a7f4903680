import { UserError } from "../errors.js";
import { DEFAULT_DISTANCE, type DistanceName, distanceOf } from "./distances.js";
import { feature } from "./feature.js";
import type { Objective } from "./objective.js";
import { plain } from "./plain.js";
import { ra } from "./ra.js";
import { transformer } from "./transformer.js";
import { unsupervised } from "./unsupervised.js";

/** Every way of training. */
export const objectives: readonly Objective[] = [plain, ra, transformer, unsupervised, feature];

/** @throws UserError for an unknown name. */
export function findObjective(name: string): Objective {
  const found = objectives.find((objective) => objective.name === name);
  if (!found)
    throw new UserError(`there is no objective "${name}"; objectives: ${objectives.map((o) => o.name).join(", ")}`);
  return found;
}

/** λ where none is given. */
export const defaultLambda = (objective: Objective, distance: DistanceName | null): number =>
  objective.defaultLambda ?? distanceOf(distance ?? DEFAULT_DISTANCE).defaultLambda;
