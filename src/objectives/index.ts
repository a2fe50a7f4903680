import { UserError } from "../errors.js";
import type { Objective } from "./objective.js";
import { plain } from "./plain.js";
import { ra } from "./ra.js";

/** Every way of training. */
export const objectives: readonly Objective[] = [plain, ra];

/** @throws UserError for an unknown name. */
export function findObjective(name: string): Objective {
  const found = objectives.find((objective) => objective.name === name);
  if (!found)
    throw new UserError(`there is no objective "${name}"; objectives: ${objectives.map((o) => o.name).join(", ")}`);
  return found;
}
