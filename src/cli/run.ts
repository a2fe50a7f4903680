import { Command } from "commander";
import type { Context } from "../commands/command.js";
import type { Outcome } from "../commands/failures.js";
import { commands, groups } from "../commands/index.js";
import { messageOf, UserError } from "../errors.js";
import { version } from "../platform/node/version.js";
import { printable, printableText } from "../printable.js";
import { addCommands } from "./program.js";
import { Interruption } from "./signals.js";
import { terminal } from "./terminal.js";

/** Exit codes other than those of signals. */
const EXIT_CODES = { done: 0, error: 1, incomplete: 2 } as const;

const exitCodesHelp = `
Exit codes:
  0    done
  1    an error; its message is on standard error
  2    finished, but more inputs were unusable than --allow-failures permits (default: none)
  130  interrupted by SIGINT (Ctrl-C); rerun the command to resume
  141  the program that reads standard output has ended
  143  interrupted by SIGTERM

With --json or --json-lines, an error is also printed to standard output, as {"error": "message"}.`;

/** Runs the command line with these arguments and sets the exit code of the process. */
export async function run(args: readonly string[]): Promise<void> {
  const interruption = new Interruption();
  interruption.listen();
  for (const stream of [process.stdout, process.stderr]) stream.on("error", endIfBroken);
  const context: Context = {
    report: terminal,
    print: (text) => console.log(printableText(text)),
    get signal() {
      return interruption.signal;
    },
  };
  let outcome: Outcome | "error" = "done";
  const program = new Command("legible")
    .description("Trains and applies image processors whose results both people and recognizers can read.")
    .version(version)
    .option("--debug", "show the stack trace of an error")
    .addHelpText("after", exitCodesHelp)
    .configureOutput({
      outputError: (text) =>
        reportMessage(
          text
            .trim()
            .replace(/^error: /, "")
            .replace(/\s*\n\s*/g, " "),
          args,
        ),
    });
  addCommands(program, commands, groups, context, (ended) => {
    outcome = ended;
  });
  try {
    await program.parseAsync(withHelpFlag(args), { from: "user" });
  } catch (error) {
    outcome = interruption.aborted ? "interrupted" : "error";
    if (interruption.aborted) console.error("interrupted; rerun the command to resume");
    else reportError(error, args, program.opts<{ debug?: boolean }>().debug === true);
  }
  process.exitCode = outcome === "interrupted" ? interruption.exitCode : EXIT_CODES[outcome];
}

/**
 * `help study plan` as `study plan --help`: commander would print the help of a command that is not loaded. An unknown command is left
 * without the flag, so that it is refused.
 */
function withHelpFlag(args: readonly string[]): readonly string[] {
  const asked = args[0] === "help" ? [...args.slice(1), "--help"] : args;
  if (!asked.some(isHelpFlag)) return args;
  const flag = asked.findIndex((word) => word.startsWith("-"));
  const words = `${asked.slice(0, flag).join(" ")} `;
  const isKnown = flag === 0 || commands.some(({ name }) => words.startsWith(`${name} `) || name.startsWith(words));
  return isKnown ? asked : asked.filter((word) => !isHelpFlag(word));
}

const isHelpFlag = (word: string): boolean => word === "--help" || word === "-h";

/** Exit code of a process that writes to a program that has ended, as shells report SIGPIPE. */
const BROKEN_PIPE = 141;

/** Ends silently when the program that reads the output has ended, and with a message when the output cannot be written. */
function endIfBroken(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(BROKEN_PIPE);
  console.error(`legible: cannot write the output: ${printable(messageOf(error))}`);
  process.exit(EXIT_CODES.error);
}

function reportError(error: unknown, args: readonly string[], debug: boolean): void {
  reportMessage(messageOf(error), args);
  if (debug && error instanceof Error) console.error(printableText(error.stack ?? ""));
  else if (!(error instanceof UserError)) console.error("         This should not happen; --debug shows where.");
}

/** Prints an error for people and, with --json, for programs. */
function reportMessage(message: string, args: readonly string[]): void {
  console.error(`legible: ${printable(message)}`);
  if (args.some((word) => /^--json(-lines)?(=|$)/.test(word))) console.log(JSON.stringify({ error: message }));
}
