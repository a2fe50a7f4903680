import type { z } from "zod";
import type { JobStore } from "../jobs/job.js";
import type { Reporter } from "../reporter.js";
import { parseSettings } from "../settings.js";

/** The context of a command, apart from its settings. */
export interface Context {
  readonly report: Reporter;
  /** Writes a result to standard output. */
  print(text: string): void;
  /** Aborts when the command should stop. The command then saves its progress. */
  readonly signal: AbortSignal;
  /** Opens the store of complete work, where it is not the command's own: workers share one. */
  readonly openStore?: (() => Promise<JobStore>) | undefined;
}

/** The end of a command. One that continues without inputs that it cannot use returns their number. An error that stops it is thrown. */
export type Ended = "done" | "interrupted" | { readonly unusable: number };

export type Given = Readonly<Record<string, unknown>>;

/** Properties of a command that can be a stage of a recipe. */
export interface StageRole {
  /** The settings that make it write into a folder, and resume there. */
  settings(folder: string): Given;
  /** The files in that folder that complete the stage. */
  outputs(folder: string): string[];
  /** Further files that it writes or changes with these settings. */
  alsoWrites?(settings: Given): string[];
}

/** Parts of a command that can run at the same time on different machines; the command itself then does what is left. */
export interface CommandParts<Settings> {
  names(settings: Settings, context: Context, given: Given): Promise<readonly string[]>;
  run(part: string, settings: Settings, context: Context, given: Given): Promise<Ended>;
}

/** A command. Flags, help, config files, recipe stages and the JSON Schema derive from its settings. */
export interface Command<Schema extends z.ZodObject = z.ZodObject> {
  /** One word, or two for a command of a group: "study create". */
  readonly name: string;
  readonly settings: Schema;
  /** Further notes for the help. */
  readonly notes?: string;
  /** Example command lines. */
  readonly examples: readonly string[];
  /** Settings that the given ones override: those of the run that is resumed. */
  base?(given: Given): Promise<Given | undefined>;
  /** @param given the settings before defaults were filled in. */
  run(settings: z.output<Schema>, context: Context, given: Given): Promise<Ended>;
  /** Absent for a command that cannot be a stage of a recipe. */
  readonly stage?: StageRole;
  /** Absent for a command that only runs as a whole. */
  readonly parts?: CommandParts<z.output<Schema>>;
}

/** Infers the type of a command's settings. */
export const defineCommand = <Schema extends z.ZodObject>(command: Command<Schema>): Command<Schema> => command;

/**
 * Checks the settings of a command and fills in those of a resumed run and the defaults.
 * @throws UserError that names the first setting that is unknown, missing or out of range.
 */
export async function resolveSettings<Schema extends z.ZodObject>(command: Command<Schema>, given: Given) {
  const merged = { ...(await command.base?.(given)), ...given };
  return { given: merged, settings: parseSettings(command.settings, merged, `run ${command.name}`) };
}
