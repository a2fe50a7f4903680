import { UserError } from "../errors.js";
import { DEFAULT_DISTANCE, type DistanceName, distanceOf } from "./distances.js";
import { feature } from "./feature.js";
import type { Objective } from "./objective.js";
import { plain } from "./plain.js";
import { ra } from "./ra.js";
import { transformer } from "./transformer.js";
import { unsupervised } from "./unsupervised.js";

/** Training objectives that can be chosen by name. */
export const objectives: readonly Objective[] = [plain, ra, transformer, unsupervised, feature];

/** The names of the chosen objectives, as in "ra, transformer and unsupervised". */
export function namesOf(chosen: (objective: Objective) => boolean): string {
  const names = objectives.filter(chosen).map(({ name }) => name);
  return [names.slice(0, -1).join(", "), ...names.slice(-1)].filter(Boolean).join(" and ");
}

/** The objective of that name. @throws UserError for an unknown name. */
export function findObjective(name: string): Objective {
  const found = objectives.find((objective) => objective.name === name);
  if (!found)
    throw new UserError(
      `cannot find objective "${name}": unknown name; give one of ${objectives.map((o) => o.name).join(", ")}`,
    );
  return found;
}

/** The default λ: the objective's own, or that of the distance (of the default distance when it is null). */
export const defaultLambda = (objective: Objective, distance: DistanceName | null): number =>
  objective.defaultLambda ?? distanceOf(distance ?? DEFAULT_DISTANCE).defaultLambda;
