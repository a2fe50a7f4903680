import type { z } from "zod";
import type { Reporter } from "../reporter.js";
import { parseSettings } from "../settings.js";

/** What a command is given beside its settings. */
export interface Context {
  readonly report: Reporter;
  /** Writes a result to standard output. */
  print(text: string): void;
  /** Aborted when the command should stop: it then saves what it has. */
  readonly signal: AbortSignal;
}

/** How a command ended. `failed`: some of its inputs could not be processed; what stops a command is thrown instead. */
export type Outcome = "done" | "failed" | "interrupted";

export type Given = Readonly<Record<string, unknown>>;

/** How a command serves as a stage of a recipe. */
export interface StageRole {
  /** The settings that make it write into a folder, and resume there. */
  settings(folder: string): Given;
  /** The files in that folder that complete the stage. */
  outputs(folder: string): string[];
}

/** A command. Flags, help, config files, recipe stages and the JSON Schema derive from its settings. */
export interface Command<Schema extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  /** One line: what it does. */
  readonly summary: string;
  readonly settings: Schema;
  /** What else a user must know. */
  readonly notes?: string;
  /** Command lines. */
  readonly examples: readonly string[];
  /** Settings that the given ones build on: those of the run that is resumed. */
  base?(given: Given): Promise<Given | undefined>;
  /** @param given the settings before defaults were filled in. */
  run(settings: z.output<Schema>, context: Context, given: Given): Promise<Outcome>;
  /** Absent for a command that a recipe cannot have. */
  readonly stage?: StageRole;
}

/** Keeps the type of the settings while a command is written down. */
export const defineCommand = <Schema extends z.ZodObject>(command: Command<Schema>): Command<Schema> => command;

/**
 * Settings of a command with everything that they build on, checked and completed.
 * @throws UserError that names the first setting that is unknown, missing or out of range.
 */
export async function resolveSettings<Schema extends z.ZodObject>(command: Command<Schema>, given: Given) {
  const merged = { ...(await command.base?.(given)), ...given };
  return { given: merged, settings: parseSettings(command.settings, merged, `run ${command.name}`) };
}
