import { gradientOf, LEGITIMATE, type MeasuredDistances, RANDOM } from "./distances.js";
import { type MeasuredPlane, type PlaneKind, pairName, pairsOf } from "./measured-planes.js";
import type { MeasuredSegment } from "./segments.js";
import { type MeanInterval, meanInterval } from "./statistics.js";
import { grayLevels } from "./vectors.js";

/** Distances of a recognizer in one direction over the images that it classifies correctly. */
export interface DistanceRow {
  readonly recognizer: string;
  readonly direction: string;
  /** Images that the recognizer classifies correctly and that have the direction. */
  readonly images: number;
  /** Those whose boundary was found within the maximum; the mean is over them. */
  readonly found: number;
  /** Root-mean-square change in gray levels. */
  readonly gray_levels: MeanInterval;
  /** L2 norm in units of RGB in [0, 1]. */
  readonly l2: MeanInterval;
  /** Median in gray levels over all `images`, where not found counts as more than the maximum; null if that is the median. */
  readonly median: number | null;
}

/** The mean difference of two recognizers' distances along the same direction (Tramèr et al. 2017), in gray levels. */
export interface InterBoundaryRow extends MeanInterval {
  readonly a: string;
  readonly b: string;
  readonly direction: string;
}

/** Agreement of two recognizers on the grid of planes: means over planes. */
export interface AgreementRow {
  readonly kind: PlaneKind;
  readonly a: string;
  readonly b: string;
  readonly raw: MeanInterval;
  /** Over the planes where κ is defined. */
  readonly kappa: MeanInterval;
}

/** A mean of a recognizer. */
export interface RecognizerMean extends MeanInterval {
  readonly recognizer: string;
}

/** A recognizer's accuracy on the clean images in percent, and the mean difference of its two highest scores. */
export interface RecognizerRow {
  readonly recognizer: string;
  readonly top1: number;
  readonly margin: MeanInterval;
}

/** How a recognizer's predictions change from one processor's images to another's. */
export interface SegmentRow {
  readonly from: string;
  readonly to: string;
  readonly recognizer: string;
  readonly images: number;
  /** Images whose prediction changes somewhere on the segment, and those with another class at its end than at its start. */
  readonly changing: number;
  readonly changed: number;
  /** Of those, from a wrong class to the label, and from the label to a wrong class. */
  readonly helpful: number;
  readonly harmful: number;
  /** Where the first change is, as a share of the segment. */
  readonly change: MeanInterval;
  readonly cosine: MeanInterval;
}

/** Accuracy and margin of each recognizer. */
export const recognizerRows = (names: readonly string[], measured: readonly MeasuredDistances[], seed: number) =>
  names.map((recognizer): RecognizerRow => {
    const all = measured.map(({ label, recognizers }) => ({ label, ...recognizers[recognizer] }));
    const right = all.filter(({ label, predicted }) => predicted === label).length;
    const margins = all.map(({ margin = 0 }) => margin);
    return { recognizer, top1: (100 * right) / all.length, margin: meanInterval(margins, seed) };
  });

/** The table of distances: for each recognizer each direction, then the nearest boundary. */
export function distanceRows(
  names: readonly string[],
  measured: readonly MeasuredDistances[],
  values: number,
  seed: number,
): DistanceRow[] {
  const directions = [LEGITIMATE, ...names.map(gradientOf), RANDOM];
  return names.flatMap((recognizer) => {
    const right = measured.flatMap(({ recognizers }) => {
      const { distances, nearest } = recognizers[recognizer] ?? {};
      const all: Record<string, number | null> = { ...distances, [NEAREST]: nearest ?? null };
      return distances ? [all] : [];
    });
    return [...directions, NEAREST].map((direction): DistanceRow => {
      const all = right.map((each) => each[direction]).filter((distance) => distance !== undefined);
      const found = all.filter((distance) => distance !== null);
      const levels = found.map((distance) => grayLevels(distance, values));
      return {
        ...{ recognizer, direction, images: all.length, found: found.length },
        gray_levels: meanInterval(levels, seed),
        l2: meanInterval(found, seed),
        median: medianOf(levels, all.length),
      };
    });
  });
}

/** The name of the nearest boundary among the directions. */
export const NEAREST = "nearest";

/** The median of `count` values, of which only some are known and the others are larger. */
function medianOf(known: readonly number[], count: number): number | null {
  const sorted = known.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(count / 2) - 1], sorted[Math.floor(count / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

/** The inter-boundary distances of each two recognizers: towards legitimate images, along either gradient, and at random. */
export function interBoundaryRows(
  names: readonly string[],
  measured: readonly MeasuredDistances[],
  values: number,
  seed: number,
): InterBoundaryRow[] {
  return pairsOf(names).flatMap(([a, b]) =>
    [LEGITIMATE, gradientOf(a), gradientOf(b), RANDOM].map((direction) => {
      const differences = measured.flatMap(({ recognizers }) => {
        const [one, other] = [recognizers[a]?.distances?.[direction], recognizers[b]?.distances?.[direction]];
        return typeof one === "number" && typeof other === "number" ? [grayLevels(Math.abs(one - other), values)] : [];
      });
      return { a, b, direction, ...meanInterval(differences, seed) };
    }),
  );
}

/** The mean cosine of the loss gradients of each two recognizers, over all images. */
export const cosineRows = (names: readonly string[], measured: readonly MeasuredDistances[], seed: number) =>
  pairsOf(names).map(([a, b]) => {
    const cosines = measured.map(({ cosines }) => cosines[pairName(a, b)] ?? null).filter((each) => each !== null);
    return { a, b, ...meanInterval(cosines, seed) };
  });

/** The agreement of each two recognizers by kind of plane. */
export const agreementRows = (names: readonly string[], planes: readonly MeasuredPlane[], seed: number) =>
  kindsOf(planes).flatMap((kind) =>
    pairsOf(names).map(([a, b]): AgreementRow => {
      const all = planes.filter((plane) => plane.kind === kind).map(({ agreement }) => agreement[pairName(a, b)]);
      const found = all.filter((each) => each !== undefined);
      const kappas = found.map(({ kappa }) => kappa).filter((kappa) => kappa !== null);
      const raws = found.map(({ raw }) => raw);
      return { ...{ kind, a, b }, raw: meanInterval(raws, seed), kappa: meanInterval(kappas, seed) };
    }),
  );

/** The mean number of regions of each recognizer by kind of plane. */
export const fragmentationRows = (names: readonly string[], planes: readonly MeasuredPlane[], seed: number) =>
  kindsOf(planes).flatMap((kind) =>
    names.map((recognizer) => {
      const all = planes.filter((plane) => plane.kind === kind).map(({ regions }) => regions[recognizer] as number);
      return { kind, recognizer, ...meanInterval(all, seed) };
    }),
  );

const kindsOf = (planes: readonly MeasuredPlane[]): PlaneKind[] => [...new Set(planes.map(({ kind }) => kind))];

/** The changes of predictions and the cosines along segments. */
export function segmentRows(
  names: readonly string[],
  measured: readonly MeasuredSegment[],
  seed: number,
): SegmentRow[] {
  const ends = [...new Set(measured.map(({ to }) => to))];
  return ends.flatMap((to) => {
    const segments = measured.filter((segment) => segment.to === to);
    return names.map((recognizer): SegmentRow => {
      const all = segments.flatMap(({ label, recognizers }) => {
        const found = recognizers[recognizer];
        return found ? [{ label, ...found }] : [];
      });
      const changed = all.filter((each) => each.from !== each.to);
      const changes = all.map(({ change }) => change).filter((change) => change !== null);
      const cosines = all.map((each) => each.cosine).filter((each) => each !== null);
      return {
        ...{ from: segments[0]?.from as string, to, recognizer, images: all.length },
        ...{ changing: changes.length, changed: changed.length },
        helpful: changed.filter((each) => each.to === each.label).length,
        harmful: changed.filter((each) => each.from === each.label).length,
        ...{ change: meanInterval(changes, seed), cosine: meanInterval(cosines, seed) },
      };
    });
  });
}
