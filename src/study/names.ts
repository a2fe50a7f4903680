import { normalizeLabel } from "../metrics/label-agreement.js";

/** Whether a name is one of those that are right. Case, hyphens, a regular plural and a leading article do not matter. */
export const isAccepted = (name: string, accepted: readonly string[]): boolean => {
  const key = normalizeLabel(name.trim().replace(/^(an?|the)\s+/i, ""));
  return accepted.some((other) => normalizeLabel(other) === key);
};
