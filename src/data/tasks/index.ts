import { UserError } from "../../errors.js";
import type { Task, TaskKind } from "../task.js";
import { all } from "./all.js";
import { corruption } from "./corruption.js";
import { deblur } from "./deblur.js";
import { denoise } from "./denoise.js";
import { jpeg } from "./jpeg.js";
import { sr } from "./sr.js";

/** The built-in tasks. The command line, its help and the reports read this list. */
export const taskKinds = [sr, denoise, jpeg, deblur, corruption, all] as const satisfies readonly TaskKind[];

type Options = (typeof taskKinds)[number]["options"]["shape"];
/** The name of an option of a built-in task. */
export type TaskOption = Options extends infer Shape ? (Shape extends Shape ? keyof Shape : never) : never;

/**
 * The built-in task of that name with these options; missing options get their defaults.
 * @throws UserError for an unknown name, an unknown option or a value out of range.
 */
export function findTask(name: string, options: Readonly<Record<string, unknown>> = {}): Task {
  const kind: TaskKind | undefined = taskKinds.find((candidate) => candidate.name === name);
  if (!kind)
    throw new UserError(
      `cannot find task "${name}": unknown name; give one of ${taskKinds.map((each) => each.name).join(", ")}`,
    );
  return kind.create(options);
}

/** Whether a task is built in, so that its name and options define it. */
export const isBuiltInTask = ({ kind }: Pick<Task, "kind">): boolean =>
  (taskKinds as readonly TaskKind[]).includes(kind);
