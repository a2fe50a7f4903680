import { clopperPearson } from "../../metrics/binomial.js";
import { columnsOf } from "../../report/columns.js";
import type {
  Column,
  Figure,
  FigureColumn,
  Highlight,
  Part,
  ReportDocument,
  TablePart,
} from "../../report/document.js";
import type { AnalyzedStudy, Results, StudyAnalysis } from "./analysis.js";
import { counted, decimals, percent, percentRange, pValue } from "./figures.js";
import { methodsParagraph, type Provenance, ruleText } from "./methods.js";
import type { Preference } from "./preference.js";
import type { Proportion } from "./proportion.js";
import type { ItemRow } from "./rows.js";
import { remarks } from "./table.js";

const SIMULATED = "SIMULATED: these are answers of simulated participants, not of people";

/** The report of a study: preferences or names with their intervals, by question and participant, exclusions and methods. */
export function studyReport(study: AnalyzedStudy, analysis: StudyAnalysis, provenance: Provenance): ReportDocument {
  const { title, simulated, results, joined, finished, exclusions } = analysis;
  return {
    title: `${simulated ? "SIMULATED: " : ""}${title}`,
    ...(simulated && { warning: SIMULATED }),
    summary:
      `${counted(results.answers, "answer")} of ${counted(results.participants, "participant")} are analyzed; ` +
      `${joined} joined, ${finished} finished, ${exclusions.length} excluded. Seed ${analysis.seed}; intervals are 95 %.`,
    highlights: highlightsOf(analysis),
    sections: [
      { title: "Results", parts: [...mainParts(analysis), { kind: "text", lines: remarks(results) }] },
      { title: "Questions", parts: [questionTable(analysis)] },
      { title: "Participants", parts: [participantTable(analysis), exclusionPart(analysis)] },
      { title: "Times", parts: timeParts(analysis) },
      {
        title: "What was measured",
        parts: [
          { kind: "text", lines: [methodsParagraph(study, analysis, provenance)] },
          { kind: "facts", facts: factsOf(study, analysis, provenance) },
        ],
      },
    ],
  };
}

const factsOf = (
  study: AnalyzedStudy,
  { seed, systems, kind }: StudyAnalysis,
  { version, hash, items }: Provenance,
) => [
  ["Kind", kind] as const,
  ["Systems", systems.join(", ")] as const,
  ["Questions", `${items}`] as const,
  ["Seed", `${seed}`] as const,
  ["Legible", version] as const,
  ...(hash === undefined ? [] : [["SHA-256 of study.json", hash] as const]),
  ...Object.entries(study.about),
];

/** The main result of the last system. */
function highlightsOf({ results: { preferences, naming } }: StudyAnalysis): Highlight[] {
  const shares = preferences.map(({ system, over, decided }) => shareHighlight(`${system} over ${over}`, decided, 0.5));
  const names = (naming?.systems ?? []).map(({ system, accuracy }) =>
    shareHighlight(`Right names: ${system}`, accuracy),
  );
  return [...shares, ...names].flat().slice(0, 4);
}

function shareHighlight(label: string, { share, count, of, crossed }: Proportion, reference?: number): Highlight[] {
  if (share === null) return [];
  const { low = null, high = null } = crossed ?? {};
  const range = low === null || high === null ? "" : `95 %: ${percentRange([low, high])}, `;
  const tone =
    reference === undefined || low === null || high === null
      ? undefined
      : low > reference
        ? "good"
        : high < reference
          ? "bad"
          : undefined;
  return [{ label, value: percent(share), detail: `${range}${count} of ${of}`, ...(tone && { tone }) }];
}

/** Shares in percent, with an interval where it is known. */
const percentFigure = (value: number | null, low?: number | null, high?: number | null): Figure =>
  value === null
    ? null
    : low === null || low === undefined || high === null || high === undefined
      ? [100 * value]
      : [100 * value, 100 * low, 100 * high];

const crossedFigure = ({ share, crossed }: Proportion): Figure => percentFigure(share, crossed?.low, crossed?.high);
const exactFigure = ({ share, exact }: Proportion): Figure => percentFigure(share, ...exact);

/** Tables of the main results of an analysis; those of all participants too, if some are excluded. */
export function mainParts({ results, withExcluded, exclusions }: StudyAnalysis): Part[] {
  const all = exclusions.length > 0 ? withExcluded : undefined;
  return [
    ...(results.preferences.length > 0 ? [preferenceTable("Preference", results)] : []),
    ...(all && all.preferences.length > 0 ? [preferenceTable("Preference with the excluded participants", all)] : []),
    ...(results.strengths ? strengthParts(results.strengths) : []),
    ...(results.naming ? namingTables("Accuracy of names", results.naming) : []),
    ...(all?.naming ? namingTables("Accuracy of names with the excluded participants", all.naming) : []),
  ];
}

function preferenceTable(caption: string, { preferences }: Results): TablePart {
  const column = columnsOf(preferences);
  const share = (title: string, of: (row: Preference) => Figure): FigureColumn => ({
    ...column.figure(title, "%", of),
    reference: 50,
  });
  return {
    ...{ kind: "table", caption },
    columns: [
      column.text("pair", ({ system, over }) => `${system} over ${over}`),
      share("share (%), participants × items", ({ decided }) => crossedFigure(decided)),
      share("share (%), exact", ({ decided }) => exactFigure(decided)),
      share("ties as half (%)", ({ tiesSplit: split }) => percentFigure(split?.value ?? null, split?.low, split?.high)),
      column.number("wins", ({ wins }) => wins),
      column.number("losses", ({ losses }) => losses),
      column.number("ties", ({ ties }) => ties),
      column.number("neither", ({ neither }) => neither),
      column.text(
        "sign test",
        ({ signTest, adjustedSignTest }) =>
          `${pValue(signTest)}${preferences.length > 1 ? ` (adjusted: ${pValue(adjustedSignTest)})` : ""}`,
      ),
    ],
    note: "Shares of decided answers. The main interval is that over participants and items; the exact one is as if all answers were independent.",
  };
}

function strengthParts({ systems, ties, regularized }: NonNullable<Results["strengths"]>): Part[] {
  const column = columnsOf(systems);
  return [
    {
      kind: "table",
      caption: "Strengths",
      columns: [
        column.text("system", ({ system }) => system),
        {
          ...column.figure(
            "logarithm of the strength",
            "strength",
            ({ value, low, high }) => (low === null || high === null ? [value] : [value, low, high]),
            3,
          ),
          ...{ reference: 0, signed: true },
        },
      ],
      note: `Relative to the reference. Davidson's parameter of ties: ${decimals(ties)}.${regularized ? " The answers determine no finite strengths: one answer was added for each pair of systems." : ""}`,
    },
  ];
}

const namingTables = (caption: string, { systems, differences }: NonNullable<Results["naming"]>): Part[] => [
  accuracyTable(caption, systems),
  ...(differences.length > 0 ? [differenceTable(`${caption}: differences in points`, differences)] : []),
];

function accuracyTable(caption: string, systems: NonNullable<Results["naming"]>["systems"]): TablePart {
  const column = columnsOf(systems);
  return {
    ...{ kind: "table", caption },
    columns: [
      column.text("system", ({ system }) => system),
      column.figure("accuracy (%), participants × items", "%", ({ accuracy }) => crossedFigure(accuracy)),
      column.figure("accuracy (%), exact", "%", ({ accuracy }) => exactFigure(accuracy)),
      column.number("right", ({ accuracy }) => accuracy.count),
      column.number("answers", ({ accuracy }) => accuracy.of),
    ],
  };
}

function differenceTable(caption: string, differences: NonNullable<Results["naming"]>["differences"]): TablePart {
  const column = columnsOf(differences);
  return {
    ...{ kind: "table", caption },
    columns: [
      column.text("pair", ({ system, over }) => `${system} - ${over}`),
      column.points("difference", ({ value, low, high }) => percentFigure(value, low, high)),
    ],
  };
}

/** Each question: how often each system was chosen or named, with the exact interval of the last system's share. */
function questionTable({ items, systems, kind }: StudyAnalysis): TablePart {
  const later = systems.at(-1) ?? "";
  const shareOf = ({ counts, shown }: ItemRow): Figure => {
    const all = shown ? (shown[later] ?? 0) : Object.values(counts).reduce((sum, count) => sum + count, 0);
    const count = counts[later] ?? 0;
    return all > 0 ? percentFigure(count / all, ...clopperPearson(count, all)) : null;
  };
  const column = columnsOf(items);
  return {
    kind: "table",
    caption: kind === "naming" ? "Right names by question" : "Choices by question",
    columns: [
      column.text("question", ({ item }) => item),
      { ...column.figure(`${later} (%)`, "%", shareOf), ...(kind === "naming" ? {} : { reference: 50 }) },
      column.number("answers", ({ answers }) => answers),
      ...systems.flatMap((system) => countsOf(system, items)),
      ...(kind === "naming"
        ? [
            column.text("other names", ({ wrongNames = [] }) =>
              wrongNames.map(({ name, count }) => `${name} (${count})`).join(", "),
            ),
          ]
        : [column.number("ties", ({ ties }) => ties), column.number("neither", ({ neither }) => neither)]),
      column.number("median time (s)", ({ medianMilliseconds }) => secondsOf(medianMilliseconds), 1),
    ],
    empty: "There are no answers.",
    note: `${kind === "naming" ? "Share of right names" : "Share of decided answers"} for ${later}, with the exact interval.`,
  };
}

/** How often a system was chosen or named rightly, and of names how often it was shown. */
function countsOf(system: string, rows: readonly Pick<ItemRow, "counts" | "shown">[]): Column[] {
  const column = columnsOf(rows);
  return [
    column.number(system, ({ counts }) => counts[system] ?? 0),
    ...(rows.some(({ shown }) => shown) ? [column.number(`${system} shown`, ({ shown }) => shown?.[system] ?? 0)] : []),
  ];
}

const secondsOf = (milliseconds: number | null): number | null => (milliseconds === null ? null : milliseconds / 1000);

function participantTable({ participants, systems }: StudyAnalysis): TablePart {
  const column = columnsOf(participants);
  return {
    kind: "table",
    caption: "Participants",
    columns: [
      column.text("participant", ({ participant }) => participant),
      column.number("answers", ({ answers }) => answers),
      ...systems.flatMap((system) => countsOf(system, participants)),
      column.number("ties", ({ ties }) => ties),
      column.number("neither", ({ neither }) => neither),
      column.number(
        "agrees with the majority (%)",
        ({ consistency }) => (consistency === null ? null : 100 * consistency),
        1,
      ),
      column.number("failed checks", ({ rules }) => rules.failed_checks ?? 0),
      column.number("median time (s)", ({ rules }) => secondsOf(rules.median_milliseconds), 1),
      column.text("excluded", ({ broken }) => (broken.length > 0 ? "yes" : "no")),
    ],
    empty: "Nobody joined.",
  };
}

function exclusionPart({ exclusions, rules }: StudyAnalysis): Part {
  if (Object.keys(rules).length === 0)
    return { kind: "text", lines: ["No rule of exclusion was fixed when the study was created."] };
  if (exclusions.length === 0)
    return { kind: "text", lines: ["The rules that were fixed when the study was created exclude nobody."] };
  const rows = exclusions.flatMap(({ participant, broken }) => broken.map((each) => ({ participant, ...each })));
  const column = columnsOf(rows);
  return {
    kind: "table",
    caption: "Excluded participants",
    columns: [
      column.text("participant", ({ participant }) => participant),
      column.text("rule", ({ rule, limit }) => ruleText(rule, limit)),
      column.text("value", ({ value }) => String(Number(value.toFixed(3)))),
    ],
  };
}

function timeParts({ results: { times }, milliseconds }: StudyAnalysis): Part[] {
  if (!times) return [{ kind: "text", lines: ["There are no answers."] }];
  const most = 1.5 * times.slow;
  const shown = milliseconds.filter((each) => each <= most);
  return [
    {
      kind: "histogram",
      caption: `Times of ${counted(milliseconds.length, "answer")}`,
      x: { title: "seconds" },
      counted: "answers",
      values: shown.map((each) => each / 1000),
    },
    ...(shown.length < milliseconds.length
      ? [
          {
            kind: "text",
            lines: [
              `${counted(milliseconds.length - shown.length, "answer")} took longer than ${(most / 1000).toFixed(1)} s.`,
            ],
          } as const,
        ]
      : []),
  ];
}
