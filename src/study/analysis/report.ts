import { createHash } from "node:crypto";
import { histogram } from "../../report/histogram.js";
import { type IntervalPlot, intervalPlot, type PlottedInterval } from "../../report/interval-plot.js";
import { escaped } from "../../report/markup.js";
import type { AnalyzedStudy, Results, StudyAnalysis } from "./analysis.js";
import { counted, decimals, percent, percentRange, pValue, seconds } from "./figures.js";
import { methodsParagraph, type Provenance, ruleText } from "./methods.js";
import { STYLE } from "./report-style.js";
import type { ItemRow } from "./rows.js";
import { remarks } from "./table.js";

/**
 * The report as one HTML page without scripts that loads nothing; its policy forbids both. Names that participants typed are
 * escaped, as is every other text.
 */
export function studyReport(study: AnalyzedStudy, analysis: StudyAnalysis, provenance: Provenance): string {
  const { title, simulated, results } = analysis;
  const policy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${simulated ? "SIMULATED: " : ""}${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${simulated ? '<p class="simulated">SIMULATED: these are answers of simulated participants, not of people</p>' : ""}
<main>
<h1>${escaped(title)}</h1>
<p>${escaped(summaryOf(analysis))}</p>
<h2>Results</h2>
${mainPart(analysis)}
<ul>${remarks(results)
    .map((remark) => `<li>${escaped(remark)}</li>`)
    .join("\n")}</ul>
<h2>Exclusions</h2>
${exclusionPart(analysis)}
<h2>Items</h2>
${itemPart(analysis)}
<h2>Participants</h2>
${participantPart(analysis)}
<h2>Times</h2>
${timePart(analysis)}
<h2>Methods</h2>
<p>${escaped(methodsParagraph(study, analysis, provenance))}</p>
${aboutPart(study)}
</main>
</body>
</html>
`;
}

const summaryOf = ({ results, joined, finished, exclusions }: StudyAnalysis): string =>
  `${counted(results.answers, "answer")} of ${counted(results.participants, "participant")} are analyzed; ` +
  `${joined} joined, ${finished} finished, ${exclusions.length} excluded.`;

/** A plot that scrolls on a narrow screen instead of becoming unreadable. */
const plot = (content: IntervalPlot): string => `<div class="scroll">${intervalPlot(content)}</div>`;

function table(caption: string, titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = titles.map((title) => `<th scope="col">${escaped(title)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`).join("\n");
  return `<div class="scroll"><table><caption>${escaped(caption)}</caption><thead><tr>${head}</tr></thead><tbody>
${body}
</tbody></table></div>`;
}

function mainPart({ results, withExcluded, exclusions }: StudyAnalysis): string {
  const all = exclusions.length > 0 ? withExcluded : undefined;
  return [
    ...(results.preferences.length > 0 ? [preferencePart(results, all)] : []),
    ...(results.strengths ? [strengthPart(results.strengths)] : []),
    ...(results.naming ? [namingPart(results.naming, all?.naming ?? null)] : []),
  ].join("\n");
}

function preferencePart({ preferences }: Results, all: Results | undefined): string {
  const rows = preferences.flatMap(({ system, over, decided, tiesSplit }, i): PlottedInterval[] => {
    const label = `${system} over ${over}`;
    const [low, high] = decided.exact;
    const other = all?.preferences[i]?.decided;
    return [
      ...(decided.share === null
        ? []
        : [
            { label, value: decided.share, low: decided.crossed?.low, high: decided.crossed?.high },
            { label: "as if independent (exact)", value: decided.share, low, high, secondary: true },
          ]),
      ...(tiesSplit ? [{ label: "ties as half", ...tiesSplit, secondary: true }] : []),
      ...(other?.share == null
        ? []
        : [
            {
              label: "with excluded",
              value: other.share,
              low: other.crossed?.low,
              high: other.crossed?.high,
              secondary: true,
            },
          ]),
    ].map((row) => ({ ...row, low: row.low ?? null, high: row.high ?? null }));
  });
  return [
    plot({
      title: "Preference",
      x: "share of decided answers, 95 % intervals",
      range: [0, 1],
      reference: 0.5,
      rows,
      format: percent,
    }),
    table(
      "Preference",
      [
        "pair",
        "wins",
        "losses",
        "ties",
        "neither",
        "share",
        "95 %, participants × items",
        "95 %, exact",
        "sign test",
        "ties as half",
      ],
      preferences.map((each) => [
        `${each.system} over ${each.over}`,
        ...[each.wins, each.losses, each.ties, each.neither].map(String),
        percent(each.decided.share),
        each.decided.crossed ? percentRange([each.decided.crossed.low, each.decided.crossed.high]) : "–",
        percentRange(each.decided.exact),
        `${pValue(each.signTest)}${preferences.length > 1 ? ` (adjusted: ${pValue(each.adjustedSignTest)})` : ""}`,
        each.tiesSplit
          ? `${percent(each.tiesSplit.value)} (${percentRange([each.tiesSplit.low, each.tiesSplit.high])})`
          : "–",
      ]),
    ),
  ].join("\n");
}

function strengthPart({ systems, ties, regularized }: NonNullable<Results["strengths"]>): string {
  const ends = systems.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]);
  const reach = 1.1 * Math.max(0.1, ...ends.map(Math.abs));
  return [
    plot({
      ...{ title: "Strengths", x: "logarithm of the strength relative to the reference, 95 % intervals" },
      ...{ range: [-reach, reach], reference: 0, format: (value) => value.toFixed(2) },
      rows: systems.map(({ system, ...strength }) => ({ label: system, ...strength })),
    }),
    `<p>Davidson's parameter of ties: ${decimals(ties)}.${regularized ? " The answers determine no finite strengths: one answer was added for each pair of systems." : ""}</p>`,
  ].join("\n");
}

function namingPart({ systems, differences }: NonNullable<Results["naming"]>, all: Results["naming"]): string {
  const rowOf = ({ system, accuracy }: (typeof systems)[number], secondary: boolean): PlottedInterval[] =>
    accuracy.share === null
      ? []
      : [
          {
            ...{ label: secondary ? `${system}, with excluded` : system, value: accuracy.share, secondary },
            ...{ low: accuracy.crossed?.low ?? null, high: accuracy.crossed?.high ?? null },
          },
        ];
  return [
    plot({
      ...{
        title: "Accuracy of names",
        x: "share of right names, 95 % intervals",
        range: [0, 1],
        reference: 0.5,
        format: percent,
      },
      rows: systems.flatMap((each, i) => [
        ...rowOf(each, false),
        ...(all?.systems[i] ? rowOf(all.systems[i], true) : []),
      ]),
    }),
    table(
      "Accuracy of names",
      ["system", "right", "answers", "accuracy", "95 %, participants × items", "95 %, exact"],
      systems.map(({ system, accuracy }) => [
        ...[system, String(accuracy.count), String(accuracy.of), percent(accuracy.share)],
        accuracy.crossed ? percentRange([accuracy.crossed.low, accuracy.crossed.high]) : "–",
        percentRange(accuracy.exact),
      ]),
    ),
    table(
      "Differences",
      ["pair", "difference", "95 %, participants × items"],
      differences.map(({ system, over, value, low, high }) => [
        `${system} - ${over}`,
        percent(value),
        percentRange([low, high]),
      ]),
    ),
  ].join("\n");
}

function exclusionPart({ exclusions, rules }: StudyAnalysis): string {
  if (Object.keys(rules).length === 0) return "<p>No rule of exclusion was fixed when the study was created.</p>";
  if (exclusions.length === 0) return "<p>The rules that were fixed when the study was created exclude nobody.</p>";
  const rows = exclusions.flatMap(({ participant, broken }) =>
    broken.map(({ rule, value, limit }) => [participant, ruleText(rule, limit), String(Number(value.toFixed(3)))]),
  );
  return table("Excluded participants", ["participant", "rule", "value"], rows);
}

function itemPart({ items, systems, kind }: StudyAnalysis): string {
  const later = systems.at(-1) ?? "";
  const shareOf = ({ counts, shown }: ItemRow): number => {
    const all = shown ? (shown[later] ?? 0) : Object.values(counts).reduce((sum, count) => sum + count, 0);
    return all > 0 ? (counts[later] ?? 0) / all : 0.5;
  };
  const sorted = items.toSorted((a, b) => shareOf(b) - shareOf(a));
  const x = kind === "naming" ? `share of right names of ${later}` : `share of ${later} among decided answers`;
  return [
    plot({
      ...{ title: "By item", x, range: [0, 1], reference: 0.5, format: percent },
      rows: sorted.map((row) => ({ label: row.item, value: shareOf(row) })),
    }),
    table(
      kind === "naming" ? "Right names of each system, of those shown" : "Choices of each system",
      ["item", "answers", ...systems, ...(kind === "naming" ? ["other names"] : ["ties", "neither"]), "median time"],
      items.map(({ item, answers, counts, shown, ties, neither, wrongNames = [], medianMilliseconds }) => [
        ...[item, String(answers)],
        ...systems.map((system) => `${counts[system] ?? 0}${shown ? ` / ${shown[system] ?? 0}` : ""}`),
        ...(kind === "naming"
          ? [wrongNames.map(({ name, count }) => `${name} (${count})`).join(", ")]
          : [String(ties), String(neither)]),
        seconds(medianMilliseconds),
      ]),
    ),
  ].join("\n");
}

function participantPart({ participants, systems, kind }: StudyAnalysis): string {
  return table(
    kind === "naming" ? "Right names of each system, of those shown" : "Choices of each system",
    [
      "participant",
      "answers",
      ...systems,
      "ties",
      "neither",
      "agrees with the majority",
      "failed checks",
      "median time",
      "excluded",
    ],
    participants.map(({ participant, answers, counts, shown, ties, neither, consistency, rules, broken }) => [
      ...[participant, String(answers)],
      ...systems.map((system) => `${counts[system] ?? 0}${shown ? ` / ${shown[system] ?? 0}` : ""}`),
      ...[String(ties), String(neither), percent(consistency), String(rules.failed_checks ?? 0)],
      rules.median_milliseconds === null ? "–" : seconds(rules.median_milliseconds),
      broken.length > 0 ? "yes" : "",
    ]),
  );
}

function timePart({ results, milliseconds }: StudyAnalysis): string {
  if (!results.times) return "<p>There are no answers.</p>";
  const svg = histogram({
    title: "Times of answers",
    x: "seconds",
    values: milliseconds.map((each) => each / 1000),
    most: Math.max(0.1, (1.5 * results.times.slow) / 1000),
  });
  return `<div class="scroll">${svg}</div>`;
}

const aboutPart = ({ about }: AnalyzedStudy): string =>
  Object.keys(about).length === 0 ? "" : table("About the study", ["what", "value"], Object.entries(about));
