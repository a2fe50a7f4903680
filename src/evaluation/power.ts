import type { Interval } from "./interval.js";

/** Quantiles of the normal distribution: 0.975 of a two-sided test at 5 %, and 0.8 of a power of 80 %. */
const [Z_TEST, Z_POWER] = [1.959963984540054, 0.8416212335729143];

/**
 * The smallest difference that the same images would show with 80 % power in a two-sided test at 5 %: 2.8 standard errors,
 * where half of a 95 % interval is 1.96 (Cohen, Statistical Power Analysis, 1988). Given only where the interval includes 0.
 */
export function detectable(interval: Interval): number | undefined {
  if (!interval) return undefined;
  const [low, high] = interval;
  return low > 0 || high < 0 ? undefined : (((high - low) / 2) * (Z_TEST + Z_POWER)) / Z_TEST;
}
