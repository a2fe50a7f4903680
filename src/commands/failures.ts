import { wholeNumber } from "../settings.js";
import type { Outcome } from "./command.js";

/** The setting of every command that continues without the inputs that it cannot use. */
export const failureSettings = {
  allowFailures: wholeNumber()
    .default(0)
    .describe("number of unusable inputs with which the command still exits with 0; with more it exits with 2"),
};

/** The one rule for the exit code of a command that finished without some of its inputs. */
export const outcomeOf = (unusable: number, { allowFailures }: { readonly allowFailures: number }): Outcome =>
  unusable > allowFailures ? "incomplete" : "done";
