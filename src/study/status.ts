import type { StudyDefinition } from "./definition.js";
import type { StudyStatus } from "./protocol.js";
import type { StudyCounts } from "./store.js";

/** The largest number of participants. */
export const capOf = ({ access }: StudyDefinition): number =>
  access.kind === "codes" ? access.codes.length : access.cap;

/** The counts of a study, as its admin sees them. */
export function statusOf(
  definition: StudyDefinition,
  { joined, completed, answers, lastAnswer }: StudyCounts,
): StudyStatus {
  const { title, simulated } = definition;
  const free = Math.max(0, capOf(definition) - joined);
  return { title, simulated, joined, completed, free, answers, last_answer: lastAnswer };
}
