/* Names of classes: the same class has other names in other data sets. */

/** Names of PASCAL VOC, of Open Images and of others, and what COCO calls them; without spaces, hyphens and case. */
const SYNONYMS: Readonly<Record<string, string>> = {
  aeroplane: "airplane",
  plane: "airplane",
  motorbike: "motorcycle",
  diningtable: "diningtable",
  table: "diningtable",
  pottedplant: "pottedplant",
  houseplant: "pottedplant",
  sofa: "couch",
  tvmonitor: "tv",
  television: "tv",
  monitor: "tv",
  bike: "bicycle",
  pedestrian: "person",
  people: "person",
  cellphone: "cellphone",
  mobilephone: "cellphone",
  hairdryer: "hairdrier",
  doughnut: "donut",
};

/** A class name without case, spaces and punctuation, as COCO names the class. */
export function canonicalName(name: string): string {
  const plain = name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
  return Object.hasOwn(SYNONYMS, plain) ? (SYNONYMS[plain] as string) : plain;
}

/** Whether a name is that of the background: "background", "__background__". */
export const isBackgroundName = (name: string | undefined): boolean =>
  /^_*(background|bg)_*$/i.test(name?.trim() ?? "");

/**
 * The class of the data for each class of a detector, by name; undefined where the data have none of that name. Equal names
 * come before synonyms, and each class of the data belongs to one of the detector at most.
 */
export function matchNames(detector: readonly string[], data: readonly string[]): (number | undefined)[] {
  const canonical = new Map<string, number>();
  for (const [index, name] of data.entries())
    if (!canonical.has(canonicalName(name))) canonical.set(canonicalName(name), index);
  const exact = new Map(data.map((name, index) => [name, index]));
  const taken = new Set(detector.flatMap((name) => exact.get(name) ?? []));
  return detector.map((name) => {
    const same = exact.get(name);
    if (same !== undefined) return same;
    const similar = canonical.get(canonicalName(name));
    if (similar === undefined || taken.has(similar)) return undefined;
    taken.add(similar);
    return similar;
  });
}
