import { markdownTable } from "../../evaluation/table.js";
import { printable } from "../../printable.js";
import type { Results, StudyAnalysis } from "./analysis.js";
import { counted, decimals, percent, percentRange, pValue, seconds } from "./figures.js";
import { ruleText } from "./methods.js";
import type { Proportion } from "./proportion.js";

/** The analysis as text with Markdown tables. */
export function analysisTable(analysis: StudyAnalysis): string {
  const { results, withExcluded, exclusions } = analysis;
  const excluded = exclusions.length > 0;
  return [
    ...(analysis.simulated ? ["SIMULATED: the participants of this study are simulated."] : []),
    `${printable(analysis.title)}: ${counted(results.answers, "answer")} of ${counted(results.participants, "participant")}; ` +
      `${analysis.joined} joined, ${analysis.finished} finished, ${exclusions.length} excluded`,
    ...exclusions.map(({ participant, broken }) => {
      const reasons = broken.map(({ rule, value, limit }) => `${ruleText(rule, limit)} (${Number(value.toFixed(3))})`);
      return `  excluded: ${printable(participant)}: ${reasons.join("; ")}`;
    }),
    "",
    resultTables(results),
    ...(excluded ? ["", "With the excluded participants:", "", resultTables(withExcluded)] : []),
    "",
    ...remarks(results),
  ].join("\n");
}

function resultTables({ preferences, strengths, naming }: Results): string {
  const tables = [
    ...(preferences.length > 0 ? [preferenceTable(preferences)] : []),
    ...(strengths ? [strengthTable(strengths)] : []),
    ...(naming ? [namingTable(naming)] : []),
  ];
  return tables.join("\n\n");
}

const preferenceTable = (preferences: Results["preferences"]): string =>
  markdownTable(
    [
      "preference",
      "wins",
      "losses",
      "ties",
      "neither",
      "share",
      "95 %, crossed",
      "95 %, exact",
      "sign test",
      "ties half",
    ],
    preferences.map(({ system, over, wins, losses, ties, neither, decided, tiesSplit, adjustedSignTest }) => [
      `${system} over ${over}`,
      ...[wins, losses, ties, neither].map(String),
      percent(decided.share),
      crossedRange(decided),
      percentRange(decided.exact),
      pValue(adjustedSignTest),
      tiesSplit ? `${percent(tiesSplit.value)} (${percentRange([tiesSplit.low, tiesSplit.high])})` : "–",
    ]),
  );

const crossedRange = ({ crossed }: Proportion): string => (crossed ? percentRange([crossed.low, crossed.high]) : "–");

const strengthTable = ({ systems, regularized, ties }: NonNullable<Results["strengths"]>): string =>
  [
    markdownTable(
      ["strength (logarithm)", "value", "95 %"],
      systems.map(({ system, value, low, high }, i) => [
        system,
        decimals(value),
        i === 0 ? "reference" : `${decimals(low)} – ${decimals(high)}`,
      ]),
    ),
    `Davidson's parameter of ties: ${decimals(ties)}`,
    ...(regularized
      ? ["The answers determine no finite strengths: one answer was added for each pair of systems."]
      : []),
  ].join("\n");

const namingTable = ({ systems, differences }: NonNullable<Results["naming"]>): string =>
  [
    markdownTable(
      ["names", "right", "answers", "accuracy", "95 %, crossed", "95 %, exact"],
      systems.map(({ system, accuracy }) => [
        ...[system, String(accuracy.count), String(accuracy.of), percent(accuracy.share)],
        ...[crossedRange(accuracy), percentRange(accuracy.exact)],
      ]),
    ),
    markdownTable(
      ["difference of accuracy (points)", "value", "95 %, crossed"],
      differences.map(({ system, over, value, low, high }) => [
        `${system} - ${over}`,
        decimals(100 * value, 1),
        low === null || high === null ? "–" : `${decimals(100 * low, 1)} – ${decimals(100 * high, 1)}`,
      ]),
    ),
  ].join("\n\n");

/** One sentence for each further measure. */
export function remarks({ preferences, agreement, sides, times, checks, halves }: Results): string[] {
  const people = preferences.map(
    ({ system, over, participants: { more, less, equal, signTest } }) =>
      `participants: ${more} choose ${printable(system)} more often than ${printable(over)}, ${less} less often, ${equal} as often (sign test ${pValue(signTest)})`,
  );
  const total = sides ? sides.left + sides.right : 0;
  return [
    ...people,
    `agreement of participants (Krippendorff's α): nominal ${decimals(agreement.nominal)}, ordinal ${decimals(agreement.ordinal)}, over ${counted(agreement.units, "item")}`,
    ...(sides
      ? [
          `left side: ${percent(total > 0 ? sides.left / total : null)} of ${total} decided answers (sign test ${pValue(sides.signTest)})`,
        ]
      : []),
    ...(times
      ? [
          `time of an answer: median ${seconds(times.median)}, quartiles ${seconds(times.low)} and ${seconds(times.high)}`,
        ]
      : []),
    `first and second half of the trials: ${percent(halves[0])}, ${percent(halves[1])}`,
    `attention checks: ${checks.correct} of ${checks.answers} right`,
  ];
}
