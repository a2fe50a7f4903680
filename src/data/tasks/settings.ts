import { z } from "zod";
import { UserError } from "../../errors.js";
import { named } from "../../settings.js";
import type { Task, TaskKind } from "../task.js";
import { findTask, type TaskOption, taskKinds } from "./index.js";

const names = taskKinds.map(({ name }) => name) as [string, ...string[]];

/** The options of every task, by key. */
const optionKeys = [...new Set(taskKinds.flatMap(({ options }) => Object.keys(options.shape)))] as TaskOption[];

/** A value as it is typed; a range is a pair. */
const textOf = (value: unknown): string => (Array.isArray(value) ? value.join("..") : String(value));

/** "denoise: standard deviation … (default: 0.1); deblur: …" */
const descriptionOf = (key: string): string =>
  (taskKinds as readonly TaskKind[])
    .flatMap(({ name, options }) => {
      const option = options.shape[key];
      const fallback = textOf((options.parse({}) as Record<string, unknown>)[key]);
      return option ? [`${name}: ${option.meta()?.description ?? key} (default: ${fallback})`] : [];
    })
    .join("; ");

const Value = z.union([z.number(), z.string(), z.tuple([z.number(), z.number()])]);

/** The settings that choose a task: its name and the options of all tasks, which the task checks. */
export const taskSettings = {
  task: z.enum(names).default(names[0]).describe("degradation of the images").meta({ placeholder: "name" }),
  ...(Object.fromEntries(
    optionKeys.map((key) => [key, Value.optional().describe(descriptionOf(key)).meta({ placeholder: "value" })]),
  ) as Record<TaskOption, z.ZodOptional<typeof Value>>),
};

export type TaskSettings = { readonly task: string } & Readonly<Record<string, unknown>>;

/**
 * The task that settings choose.
 * @throws UserError for an option of another task, an option that has no effect with the others, or a value out of range.
 */
export function taskFrom(settings: TaskSettings): Task {
  const given = optionKeys.filter((key) => settings[key] !== undefined);
  const task = findTask(settings.task, Object.fromEntries(given.map((key) => [key, settings[key]])));
  const idle = task.kind.idle(task.options);
  const withoutEffect = given.filter((key) => idle.includes(key)).map(named);
  if (withoutEffect.length === 0) return task;
  const others = Object.entries(task.options).filter(([key]) => !idle.includes(key));
  const beside = others.map(([key, value]) => `${key} ${textOf(value)}`).join(", ");
  throw new UserError(`${withoutEffect.join(" and ")} has no effect on the task ${task.name} with ${beside}`);
}

/** The settings that choose a given task. */
export const settingsOfTask = ({ name, options }: Pick<Task, "name" | "options">): TaskSettings => ({
  task: name,
  ...options,
});
