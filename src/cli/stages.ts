import { join } from "node:path";
import { Command } from "commander";
import { messageOf, UserError } from "../errors.js";
import { RESULTS } from "../experiments/findings.js";
import type { Stage } from "../experiments/plan.js";
import { averageCommand } from "./average.js";
import { evaluateCommand } from "./evaluate.js";
import { sweepCommand } from "./sweep.js";
import { synthesizeCommand } from "./synthesize.js";
import { trainCommand } from "./train.js";
import { trainRecognizerCommand } from "./train-recognizer.js";
import { transferCommand } from "./transfer.js";

/** A command that a recipe may have, and the flags that have it write into a folder and go on there. */
interface StageCommand {
  readonly command: Command;
  outputs(folder: string): string[];
}

const commands: readonly StageCommand[] = [
  { command: synthesizeCommand, outputs: (folder) => ["--output", folder] },
  { command: trainRecognizerCommand, outputs: (folder) => ["--out", folder, "--resume"] },
  { command: trainCommand, outputs: (folder) => ["--out", folder, "--resume"] },
  { command: averageCommand, outputs: (folder) => ["--out", join(folder, "model.onnx")] },
  { command: sweepCommand, outputs: (folder) => ["--out", folder] },
  { command: transferCommand, outputs: (folder) => ["--out", folder] },
  { command: evaluateCommand, outputs: (folder) => ["--json", join(folder, RESULTS)] },
];

function find(stage: Stage): StageCommand {
  const found = commands.find(({ command }) => command.name() === stage.command);
  if (found) return found;
  const names = commands.map(({ command }) => command.name()).join(", ");
  throw new UserError(`a recipe has no command "${stage.command}" (${stage.name}); it has ${names}`);
}

const argsOf = (stage: Stage): string[] => [...stage.args, ...find(stage).outputs(stage.folder)];

/** A stage as it would be typed. */
export const commandLine = (stage: Stage): string => ["legible", stage.command, ...argsOf(stage)].map(quoted).join(" ");

const quoted = (word: string): string =>
  /^[\w./=,:@%+{}-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/**
 * Reads a stage's flags as its command does, and does nothing.
 * @returns what they say.
 * @throws UserError for a command that a recipe cannot have, an unknown flag, a wrong value and a missing one.
 */
export function flagsOf(stage: Stage): Record<string, unknown> {
  const silent = { writeErr() {}, outputError() {} };
  const trial = new Command(stage.command).exitOverride().configureOutput(silent);
  const { command } = find(stage);
  for (const option of command.options) trial.addOption(option);
  for (const argument of command.registeredArguments) trial.addArgument(argument);
  try {
    return trial.parse(argsOf(stage), { from: "user" }).opts();
  } catch (error) {
    throw new UserError(`the stage ${stage.name} is not in order: ${messageOf(error).replace(/^error: /, "")}`);
  }
}

/** Does what a stage says, in this process. @returns whether it came to its end; it may have been asked to stop. */
export async function runStage(stage: Stage): Promise<boolean> {
  await find(stage).command.parseAsync(argsOf(stage), { from: "user" });
  return process.exitCode === undefined;
}
