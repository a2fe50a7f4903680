#!/usr/bin/env node
import { Command } from "commander";
import { messageOf, UserError } from "../errors.js";
import { averageCommand } from "./average.js";
import { degradeCommand } from "./degrade.js";
import { demoCommand } from "./demo.js";
import { enhanceCommand } from "./enhance.js";
import { evaluateCommand } from "./evaluate.js";
import { exportCommand } from "./export.js";
import { gradientCommand } from "./gradient.js";
import { inspectCommand } from "./inspect.js";
import { profileCommand } from "./profile.js";
import { reproduceCommand } from "./reproduce.js";
import { sweepCommand } from "./sweep.js";
import { synthesizeCommand } from "./synthesize.js";
import { trainCommand } from "./train.js";
import { trainRecognizerCommand } from "./train-recognizer.js";
import { transferCommand } from "./transfer.js";
import { version } from "./version.js";

const program = new Command("legible")
  .description("Image processing whose results machines recognize as well as people do.")
  .version(version)
  .option("--debug", "show where an error came from")
  .addCommand(demoCommand)
  .addCommand(trainCommand)
  .addCommand(sweepCommand)
  .addCommand(transferCommand)
  .addCommand(trainRecognizerCommand)
  .addCommand(reproduceCommand)
  .addCommand(averageCommand)
  .addCommand(evaluateCommand)
  .addCommand(enhanceCommand)
  .addCommand(degradeCommand)
  .addCommand(exportCommand)
  .addCommand(inspectCommand)
  .addCommand(gradientCommand)
  .addCommand(profileCommand)
  .addCommand(synthesizeCommand);

try {
  await program.parseAsync();
} catch (error) {
  const debug = program.opts<{ debug?: boolean }>().debug;
  console.error(debug && error instanceof Error ? error.stack : `legible: ${messageOf(error)}`);
  if (!debug && !(error instanceof UserError)) console.error("         This should not happen; --debug shows where.");
  process.exitCode = 1;
}
