import { CommanderError, Command as Program } from "commander";
import { complete } from "../src/cli/program.js";
import type { Command } from "../src/commands/command.js";
import type { Outcome } from "../src/commands/failures.js";
import { commands, type ListedCommand } from "../src/commands/index.js";
import { UserError } from "../src/errors.js";
import { printable, printableText } from "../src/printable.js";
import type { CommandResult } from "./workspace.js";

export interface CommandRun {
  /** Standard output. */
  readonly out: string;
  /** Standard error. */
  readonly err: string;
  readonly outcome: Outcome;
}

/** What a command printed: lines of standard output and of standard error. */
interface Printed {
  readonly out: string[];
  readonly err: string[];
}

async function run(command: Command, words: readonly string[], printed: Printed): Promise<Outcome> {
  let outcome: Outcome = "done";
  const context = {
    report: {
      interactive: false,
      info: (text: string) => void printed.err.push(text),
      progress: () => ({ update() {}, stop() {} }),
    },
    print: (text: string) => void printed.out.push(printableText(text)),
    signal: new AbortController().signal,
  };
  const program = complete(new Program(), command, context, (ended) => {
    outcome = ended;
  });
  program.exitOverride().configureOutput({ writeErr: () => {}, outputError: () => {} });
  await program.parseAsync(words, { from: "user" });
  return outcome;
}

/** Runs a command in this process with these command-line arguments. */
export async function runCommand(command: Command, ...words: string[]): Promise<CommandRun> {
  const printed: Printed = { out: [], err: [] };
  const outcome = await run(command, words, printed);
  return { out: printed.out.join("\n"), err: printed.err.join("\n"), outcome };
}

/** The command that these arguments of the command line begin with. */
export const listedFor = ([first = "", second = ""]: readonly string[]): ListedCommand | undefined =>
  commands.find(({ name }) => name === first || name === `${first} ${second}`);

/**
 * Runs `legible …` in this process: the start of a process takes longer than most commands. What depends on a process, such
 * as signals, is tested with `legibleProcess`.
 * @throws what is no error for users.
 */
export async function legible(args: readonly string[]): Promise<CommandResult> {
  const command = await listedFor(args)?.load();
  if (!command) throw new Error(`there is no command ${args[0]}`);
  const printed: Printed = { out: [], err: [] };
  let code: number;
  try {
    const outcome = await run(command, args.slice(command.name.split(" ").length), printed);
    code = outcome === "done" ? 0 : 2;
  } catch (error) {
    if (!(error instanceof UserError || error instanceof CommanderError)) throw error;
    printed.err.push(`legible: ${printable(error.message.replace(/^error: /, ""))}`);
    code = 1;
  }
  const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");
  return { code, out: text(printed.out), err: text(printed.err) };
}
