/**
 * The p-value of the hypothesis that the mean of a distribution on [0, 1] is above `mean`, from independent values: small if
 * they are lower than that. A gambler bets on low values, each time with a stake that only earlier values decide; under the
 * hypothesis the wealth ∏ (1 - νᵢ (Xᵢ - mean)) is a supermartingale, so it reaches 1 / p with probability at most p (Ville's
 * inequality). The stakes νᵢ are those of Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by
 * betting", sec. 4, as in Bates et al. 2021, "Distribution-free, risk-controlling prediction sets", prop. 5. In contrast to
 * Hoeffding's inequality the p-value benefits from a small variance.
 * @param values from 0 to 1, in an order that does not depend on them.
 * @param level the level of the test, which the stakes are tuned for; the p-value is valid for any.
 */
export function bettingPValue(values: readonly number[], mean: number, level: number): number {
  let [logWealth, highest] = [0, 0];
  let [sum, squares] = [1 / 2, 1 / 4];
  for (const [i, value] of values.entries()) {
    const variance = squares / (i + 1);
    const stake = Math.min(1, Math.sqrt((2 * Math.log(1 / level)) / (values.length * variance)));
    logWealth += Math.log1p(-stake * (value - mean));
    highest = Math.max(highest, logWealth);
    sum += value;
    squares += (value - sum / (i + 2)) ** 2;
  }
  return Math.exp(-highest);
}
