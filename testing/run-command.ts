import { commanderOf } from "../src/cli/program.js";
import type { Command } from "../src/commands/command.js";
import type { Outcome } from "../src/commands/failures.js";

export interface CommandRun {
  /** Standard output. */
  readonly out: string;
  /** Standard error. */
  readonly err: string;
  readonly outcome: Outcome;
}

/** Runs a command in this process with these command-line arguments. */
export async function runCommand(command: Command, ...words: string[]): Promise<CommandRun> {
  const lines: { out: string[]; err: string[] } = { out: [], err: [] };
  let outcome: Outcome = "done";
  const context = {
    report: {
      interactive: false,
      info: (text: string) => void lines.err.push(text),
      progress: () => ({ update() {}, stop() {} }),
    },
    print: (text: string) => void lines.out.push(text),
    signal: new AbortController().signal,
  };
  const program = commanderOf(command, context, (ended) => {
    outcome = ended;
  });
  program.exitOverride().configureOutput({ writeErr: () => {}, outputError: () => {} });
  await program.parseAsync(words, { from: "user" });
  return { out: lines.out.join("\n"), err: lines.err.join("\n"), outcome };
}
