/** A label of an open vocabulary, as labeling services return it. */
export interface OpenLabel {
  readonly name: string;
  /** In [0, 1]. Absent or null if the service returns none; such a label counts as certain (1). */
  readonly confidence?: number | null;
}

/** Plurals that the rules of `singular` do not cover. */
const irregular: Readonly<Record<string, string>> = {
  ...{ men: "man", women: "woman", children: "child", people: "person", mice: "mous", geese: "goose", feet: "foot" },
  ...{ teeth: "tooth", oxen: "ox", leaves: "leaf", knives: "knife", wolves: "wolf", loaves: "loaf", shelves: "shelf" },
  ...{ calves: "calf", halves: "half", scarves: "scarf", lens: "lens", lenses: "lens", gas: "gas", gases: "gas" },
};

/**
 * The form of a label's name in which names are compared: Unicode NFKC, lower case, typographic apostrophes as "'", underscores,
 * hyphens and white space as one space, and the last word in a form that its singular and its regular plural share ("boxes" and
 * "box", "collies" and "collie"). That form is a key for comparison and can differ from both spellings: "colly".
 */
export function normalizeLabel(name: string): string {
  const words = name
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\u2018\u2019\u02bc]/g, "'")
    .split(/[\s_\p{Pd}]+/u)
    .filter((word) => word !== "");
  return [...words.slice(0, -1), ...words.slice(-1).map(singular)].join(" ");
}

/** The common form of a word and its plural: without the final s, then without the e that the plural may have inserted. */
function singular(word: string): string {
  if (Object.hasOwn(irregular, word)) return irregular[word] as string;
  const stem = word.length > 2 && /[^su']s$/.test(word) && !/is$/.test(word) ? word.slice(0, -1) : word;
  return stem.length > 3 ? stem.replace(/(ch|sh|ss|us|x|z|o)e$/, "$1").replace(/ie$/, "y") : stem;
}

/** The normalized names of labels. Names without letters, digits or other signs are ignored. */
const namesOf = (labels: readonly OpenLabel[]): Set<string> =>
  new Set(labels.map(({ name }) => normalizeLabel(name)).filter((name) => name !== ""));

/**
 * The Jaccard index |A ∩ B| / |A ∪ B| of two sets of label names, in [0, 1] (Jaccard 1912). Names are normalized, a repeated name
 * counts once, and confidences are not read. 1 for two empty sets, because they are equal.
 */
export function jaccard(a: readonly OpenLabel[], b: readonly OpenLabel[]): number {
  const [first, second] = [namesOf(a), namesOf(b)];
  const common = [...first].filter((name) => second.has(name)).length;
  const union = first.size + second.size - common;
  return union === 0 ? 1 : common / union;
}

/**
 * Whether the top label of the clean image is still the top label. The top label has the highest confidence; the first one of equal
 * confidence. Two images without labels agree; an image with labels and one without do not.
 */
export const topKept = (labels: readonly OpenLabel[], clean: readonly OpenLabel[]): boolean =>
  topOf(labels) === topOf(clean);

/** The normalized name of the top label; undefined without labels. */
function topOf(labels: readonly OpenLabel[]): string | undefined {
  let top: OpenLabel | undefined;
  for (const label of labels)
    if (normalizeLabel(label.name) !== "" && (!top || confidenceOf(label) > confidenceOf(top))) top = label;
  return top && normalizeLabel(top.name);
}

/**
 * The largest confidence of a label whose normalized name is one of `synonyms`, in [0, 1]; 0 if none is. A service that answers
 * with a broader term ("dog" for a golden retriever) therefore scores 0 unless the synonyms contain that term.
 * @param synonyms normalized names: see `synonymsOf`.
 */
export function trueClassConfidence(labels: readonly OpenLabel[], synonyms: ReadonlySet<string>): number {
  const matching = labels.filter(({ name }) => synonyms.has(normalizeLabel(name)));
  return matching.reduce((largest, label) => Math.max(largest, confidenceOf(label)), 0);
}

/** A confidence in [0, 1]. Scores of web entities can exceed 1; NaN, which no service documents, counts as 0. */
function confidenceOf({ confidence }: OpenLabel): number {
  if (confidence === undefined || confidence === null) return 1;
  return Number.isNaN(confidence) ? 0 : Math.min(1, Math.max(0, confidence));
}
