import { isCheck, systemsOf } from "./assignment.js";
import type { StudyDefinition } from "./definition.js";

/** What contradicts itself in a definition whose fields are valid; undefined if nothing does. */
export function contradictionIn({ kind, systems, items, trials, checks }: StudyDefinition): string | undefined {
  const regular = items.filter((item) => !isCheck(item));
  const attention = items.length - regular.length;
  const other = items.find((item) => item.kind !== kind);
  const incomplete = regular.find((item) => systems.some((system) => !systemsOf(item).includes(system)));
  const seen = new Set<string>();
  const repeated = items.find(({ id }) => seen.has(id) || !seen.add(id));
  const pairs = items.find((item) => item.kind !== "naming" && systemsOf(item).length < 2);
  if (other) return `the item ${other.id} is of another kind than ${kind}`;
  if (repeated) return `there are two items ${repeated.id}`;
  if (new Set(systems).size < systems.length) return "a system is named twice";
  if (incomplete) return `the item ${incomplete.id} does not have every system`;
  if (pairs) return `the item ${pairs.id} has fewer than two systems`;
  if (trials > regular.length)
    return `there are ${trials} trials, but ${regular.length} items that are no checks, and nobody sees an item twice`;
  return checks > attention ? `there are ${checks} checks, but ${attention} items for them` : undefined;
}
