/** Numbers of an analysis as text. */

/** "61.2 %"; "–" for null. */
export const percent = (share: number | null): string => (share === null ? "–" : `${(100 * share).toFixed(1)} %`);

/** "55.1 – 66.8 %"; "–" where it is not known. */
export function percentRange(limits: readonly [number | null, number | null]): string {
  const [low, high] = limits;
  return low === null || high === null ? "–" : `${(100 * low).toFixed(1)} – ${(100 * high).toFixed(1)} %`;
}

/** "p = 0.013", "p < 0.001" */
export const pValue = (p: number): string => (p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`);

/** "0.431"; "–" for null. */
export const decimals = (value: number | null, digits = 3): string => (value === null ? "–" : value.toFixed(digits));

/** "1.4 s" */
export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

/** "1 answer", "2 answers" */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
