import { z } from "zod";
import { listOf } from "../../settings.js";
import { Handling, nameOfHandling } from "./handling.js";

/** Handlings that are applied one after the other, each with a fixed value: "resize:0.7+jpeg:85". */
export interface HandlingChain {
  readonly name: string;
  readonly handlings: readonly Handling[];
}

/** A chain of these handlings; its name is theirs, joined by "+". */
export const handlingChain = (handlings: readonly Handling[]): HandlingChain => ({
  name: handlings.map(nameOfHandling).join("+"),
  handlings,
});

/** The chains of a text such as "jpeg:85,resize:0.7+jpeg:85", or of a handling that is given as an object. */
const Chains = z.unknown().transform((given, context): HandlingChain[] => {
  const refuse = (message: string) => context.addIssue({ code: "custom", message });
  const chains = typeof given === "string" ? given.split(",").map((text) => text.split("+")) : [[given]];
  return chains.map((parts) => handlingChain(parts.flatMap((part) => parsed(part, refuse))));
});

/** The schema of several chains: "jpeg:85,resize:0.7+jpeg:85", or a list of such texts. A chain that is given twice counts once. */
export const HandlingChains = listOf(Chains).transform((lists) => [
  ...new Map(lists.flat().map((chain) => [chain.name, chain])).values(),
]);

/** A handling with a fixed value; none if it is refused. */
function parsed(part: unknown, refuse: (message: string) => void): Handling[] {
  const { success, data, error } = Handling.safeParse(typeof part === "string" ? part.trim() : part);
  if (!success) {
    refuse(error.issues[0]?.message ?? "");
    return [];
  }
  if (typeof data.value === "number") return [data];
  refuse(`expected a single value instead of ${nameOfHandling(data)}`);
  return [];
}
