/** A name as names are compared: letters of one case and one width, single spaces, no article. */
const normalized = (name: string): string =>
  name
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, " ")
    .trim()
    .replace(/^(an?|the) /, "");

/** Whether a name is one of those that are right. Case, width, hyphens and a leading article do not matter. */
export const isAccepted = (name: string, accepted: readonly string[]): boolean =>
  accepted.some((other) => normalized(other) === normalized(name));
