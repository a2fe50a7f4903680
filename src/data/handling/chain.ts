import { z } from "zod";
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

/**
 * The schema of several chains: "jpeg:85,resize:0.7+jpeg:85", or a list of such texts and handlings. A chain that is given twice
 * counts once.
 */
export const HandlingChains = z.unknown().transform((given, context): HandlingChain[] => {
  const chains = new Map<string, HandlingChain>();
  for (const text of Array.isArray(given) ? given.flatMap(separate) : separate(given)) {
    const parts = typeof text === "string" ? text.split("+").map((part) => part.trim()) : [text];
    const handlings = parts.flatMap((part) => parsed(part, (message) => context.addIssue({ code: "custom", message })));
    const chain = handlingChain(handlings);
    chains.set(chain.name, chain);
  }
  return [...chains.values()];
});

const separate = (given: unknown): unknown[] => (typeof given === "string" ? given.split(",") : [given]);

/** A handling with a fixed value; none if it is refused. */
function parsed(part: unknown, refuse: (message: string) => void): Handling[] {
  const { success, data, error } = Handling.safeParse(part);
  if (!success) {
    refuse(error.issues[0]?.message ?? "");
    return [];
  }
  if (typeof data.value === "number") return [data];
  refuse(`expected a single value instead of ${nameOfHandling(data)}`);
  return [];
}
