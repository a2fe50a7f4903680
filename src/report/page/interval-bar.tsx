import type { Figure } from "../document.js";

/** The ends of a scale. */
export type Scale = readonly [low: number, high: number];

/** The scale on which all figures, and the value of no difference, are drawn. */
export function scaleOf(figures: readonly Figure[], reference: number | undefined): Scale {
  const values = [...figures.flatMap((figure) => figure ?? []), ...(reference === undefined ? [] : [reference])];
  const finite = values.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const margin = 0.04 * (high - low || 1);
  return [low - margin, high + margin];
}

/** Whether an interval is on one side of the reference. */
export function toneOf(figure: Figure, reference: number | undefined): "good" | "bad" | "open" {
  const [, low, high] = figure ?? [];
  if (reference === undefined || low === undefined || high === undefined) return "open";
  return low > reference ? "good" : high < reference ? "bad" : "open";
}

interface IntervalBarProps {
  readonly figure: Figure;
  readonly scale: Scale;
  readonly reference?: number | undefined;
}

const [WIDTH, HEIGHT] = [96, 14];

/** A figure and its interval on a scale. The text beside it has the numbers. */
export function IntervalBar({ figure, scale: [start, end], reference }: IntervalBarProps) {
  if (figure === null) return null;
  const at = (value: number) => Number(((WIDTH * (value - start)) / (end - start)).toFixed(1));
  const [value, low, high] = figure;
  return (
    <svg class={`interval ${toneOf(figure, reference)}`} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <path class="track" d={`M0 ${HEIGHT / 2}H${WIDTH}`} />
      {reference !== undefined && <path class="reference" d={`M${at(reference)} 0V${HEIGHT}`} />}
      {low !== undefined && high !== undefined && <path class="range" d={`M${at(low)} ${HEIGHT / 2}H${at(high)}`} />}
      <circle class="value" cx={at(value)} cy={HEIGHT / 2} r="3.5" />
    </svg>
  );
}
