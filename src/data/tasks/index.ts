import { UserError } from "../../errors.js";
import type { Task, TaskKind } from "../task.js";
import { corruption } from "./corruption.js";
import { deblur } from "./deblur.js";
import { denoise } from "./denoise.js";
import { jpeg } from "./jpeg.js";
import { sr } from "./sr.js";

/** Every task there is. The command line, its help and the reports read them from here. */
export const taskKinds = [sr, denoise, jpeg, deblur, corruption] as const satisfies readonly TaskKind[];

type Options = (typeof taskKinds)[number]["options"]["shape"];
/** The name of an option of any of them. */
export type TaskOption = Options extends infer Shape ? (Shape extends Shape ? keyof Shape : never) : never;

/**
 * The task of that name with its options checked and the missing ones at their defaults.
 * @throws UserError for an unknown name, an unknown option or a value out of range.
 */
export function findTask(name: string, options: Readonly<Record<string, unknown>> = {}): Task {
  const kind: TaskKind | undefined = taskKinds.find((candidate) => candidate.name === name);
  if (!kind) throw new UserError(`there is no task "${name}"; tasks: ${taskKinds.map((each) => each.name).join(", ")}`);
  return kind.create(options);
}

/** Whether a task is one of these, so that its name and options say everything about it. */
export const isOwnTask = ({ kind }: Pick<Task, "kind">): boolean => (taskKinds as readonly TaskKind[]).includes(kind);
