#!/usr/bin/env node
import { Command } from "commander";
import type { Context, Outcome } from "../commands/command.js";
import { commands } from "../commands/index.js";
import { messageOf, UserError } from "../errors.js";
import { printable, printableText } from "../printable.js";
import { commanderOf } from "./program.js";
import { Interruption } from "./signals.js";
import { terminal } from "./terminal.js";
import { version } from "./version.js";

const interruption = new Interruption();
const context: Context = {
  report: terminal,
  print: (text) => console.log(printableText(text)),
  get signal() {
    return interruption.signal;
  },
};
let outcome: Outcome = "done";

const program = new Command("legible")
  .description("Trains and applies image processors whose results both people and recognizers can read.")
  .version(version)
  .option("--debug", "show the stack trace of an error");
for (const command of commands)
  program.addCommand(
    commanderOf(command, context, (ended) => {
      outcome = ended;
    }),
  );

try {
  await program.parseAsync();
} catch (error) {
  outcome = interruption.aborted ? "interrupted" : "failed";
  if (interruption.aborted) console.error("interrupted; rerun the command to resume");
  else report(error);
}
process.exitCode = { done: 0, failed: 1, interrupted: interruption.exitCode }[outcome];

function report(error: unknown): void {
  const { debug } = program.opts<{ debug?: boolean }>();
  const message = `legible: ${printable(messageOf(error))}`;
  console.error(debug && error instanceof Error ? printableText(error.stack ?? message) : message);
  if (!debug && !(error instanceof UserError)) console.error("         This should not happen; --debug shows where.");
}
