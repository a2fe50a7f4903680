/** Boxes with a class and a score, in pixels of a detector's input, before suppression. */
export class Candidates {
  readonly classes: number[] = [];
  readonly scores: number[] = [];
  /** Left, top, right, bottom of each box. */
  readonly corners: number[] = [];

  /** @param threshold candidates of this score or less, and those that are not a number, are left out. */
  constructor(readonly threshold: number) {}

  /** Adds a box. Boxes without area, boxes that are not finite and negative classes, which mark empty rows, are left out. */
  add(index: number, score: number, left: number, top: number, right: number, bottom: number): void {
    if (!(index >= 0 && score > this.threshold && right > left && bottom > top)) return;
    if (!Number.isFinite(score) || !Number.isFinite(right - left) || !Number.isFinite(bottom - top)) return;
    this.classes.push(index);
    this.scores.push(score);
    this.corners.push(left, top, right, bottom);
  }

  /** Orders indices of candidates by score, best first; equal scores keep the order of the outputs. */
  ranked(): number[] {
    const { scores } = this;
    return [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
  }
}

/** The most candidates that suppression compares; those of lower scores are left out. */
const MOST = 30000;

/**
 * Greedy non-maximum suppression: from the best score down, a box is removed if its IoU with a box that was kept exceeds
 * `iou`.
 * @param classAgnostic whether boxes of all classes are compared; otherwise only those of the same class.
 * @returns the indices of at most `topK` kept candidates, best first.
 */
export function suppress(found: Candidates, iou: number, classAgnostic: boolean, topK: number): number[] {
  const order = found.ranked();
  if (iou >= 1) return order.slice(0, topK);
  const kept: number[] = [];
  const keptByClass = new Map<number, number[]>();
  for (const candidate of order.slice(0, MOST)) {
    if (kept.length === topK) break;
    const group = classAgnostic ? 0 : (found.classes[candidate] as number);
    const rivals = keptByClass.get(group) ?? [];
    if (rivals.some((rival) => overlap(found.corners, candidate, rival) > iou)) continue;
    rivals.push(candidate);
    keptByClass.set(group, rivals);
    kept.push(candidate);
  }
  return kept;
}

/** Intersection over union of two boxes with area. */
function overlap(corners: readonly number[], a: number, b: number): number {
  const [i, j] = [4 * a, 4 * b];
  const at = (index: number) => corners[index] as number;
  const width = Math.min(at(i + 2), at(j + 2)) - Math.max(at(i), at(j));
  if (width <= 0) return 0;
  const height = Math.min(at(i + 3), at(j + 3)) - Math.max(at(i + 1), at(j + 1));
  if (height <= 0) return 0;
  const areas = (at(i + 2) - at(i)) * (at(i + 3) - at(i + 1)) + (at(j + 2) - at(j)) * (at(j + 3) - at(j + 1));
  return (width * height) / (areas - width * height);
}
