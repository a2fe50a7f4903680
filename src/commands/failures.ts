import { wholeNumber } from "../settings.js";
import type { Ended, Given } from "./command.js";

/** The setting of every command that continues without the inputs that it cannot use. */
export const failureSettings = {
  allowFailures: wholeNumber()
    .default(0)
    .describe("number of unusable inputs with which the command still exits with 0; with more it exits with 2"),
};

/** The outcome of a command. `incomplete`: more inputs were unusable than `allowFailures`. */
export type Outcome = "done" | "incomplete" | "interrupted";

/** The one rule for the outcome of a command with these settings. */
export function outcomeOf(ended: Ended, { allowFailures = 0 }: Given): Outcome {
  if (typeof ended === "string") return ended;
  return ended.unusable > Number(allowFailures) ? "incomplete" : "done";
}
