import { UserError } from "../../errors.js";
import type { Task, TaskKind } from "../task.js";
import { corruption } from "./corruption.js";
import { deblur } from "./deblur.js";
import { denoise } from "./denoise.js";
import { jpeg } from "./jpeg.js";
import { sr } from "./sr.js";

/** The built-in tasks. The command line, its help and the reports read this list. */
export const taskKinds: readonly TaskKind[] = [sr, denoise, jpeg, deblur, corruption];

/**
 * The built-in task of that name with these options; missing ones get their defaults.
 * @throws UserError for an unknown name, an unknown option or a value out of range.
 */
export function findTask(name: string, options: Readonly<Record<string, unknown>> = {}): Task {
  const kind = taskKinds.find((candidate) => candidate.name === name);
  if (!kind)
    throw new UserError(
      `cannot find task "${name}": unknown name; give one of ${taskKinds.map((each) => each.name).join(", ")}`,
    );
  return kind.create(options);
}
