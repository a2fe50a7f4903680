import { clopperPearson } from "../../metrics/binomial.js";
import type {
  Column,
  Figure,
  FigureColumn,
  Highlight,
  Part,
  ReportDocument,
  TablePart,
} from "../../report/document.js";
import { textColumn } from "../../report/evaluation-parts.js";
import type { AnalyzedStudy, Results, StudyAnalysis } from "./analysis.js";
import { counted, decimals, percent, percentRange, pValue } from "./figures.js";
import { methodsParagraph, type Provenance, ruleText } from "./methods.js";
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

const shareColumn = (title: string, values: readonly Figure[], reference?: number): FigureColumn => ({
  ...{ kind: "figure", title, values, digits: 1, unit: "%" },
  ...(reference !== undefined && { reference }),
});

const countColumn = (title: string, values: readonly number[]): Column => ({
  kind: "number",
  title,
  values,
  digits: 0,
});

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
  const split = preferences.map(({ tiesSplit }) =>
    percentFigure(tiesSplit?.value ?? null, tiesSplit?.low, tiesSplit?.high),
  );
  return {
    ...{ kind: "table", caption },
    columns: [
      textColumn(
        "pair",
        preferences.map(({ system, over }) => `${system} over ${over}`),
      ),
      shareColumn(
        "share (%), participants × items",
        preferences.map(({ decided }) => crossedFigure(decided)),
        50,
      ),
      shareColumn(
        "share (%), exact",
        preferences.map(({ decided }) => exactFigure(decided)),
        50,
      ),
      shareColumn("ties as half (%)", split, 50),
      countColumn(
        "wins",
        preferences.map(({ wins }) => wins),
      ),
      countColumn(
        "losses",
        preferences.map(({ losses }) => losses),
      ),
      countColumn(
        "ties",
        preferences.map(({ ties }) => ties),
      ),
      countColumn(
        "neither",
        preferences.map(({ neither }) => neither),
      ),
      textColumn(
        "sign test",
        preferences.map(
          ({ signTest, adjustedSignTest }) =>
            `${pValue(signTest)}${preferences.length > 1 ? ` (adjusted: ${pValue(adjustedSignTest)})` : ""}`,
        ),
      ),
    ],
    note: "Shares of decided answers. The main interval is that over participants and items; the exact one is as if all answers were independent.",
  };
}

function strengthParts({ systems, ties, regularized }: NonNullable<Results["strengths"]>): Part[] {
  const figures = systems.map(
    ({ value, low, high }): Figure => (low === null || high === null ? [value] : [value, low, high]),
  );
  return [
    {
      kind: "table",
      caption: "Strengths",
      columns: [
        textColumn(
          "system",
          systems.map(({ system }) => system),
        ),
        {
          kind: "figure",
          title: "logarithm of the strength",
          values: figures,
          digits: 3,
          unit: "strength",
          reference: 0,
          signed: true,
        },
      ],
      note: `Relative to the reference. Davidson's parameter of ties: ${decimals(ties)}.${regularized ? " The answers determine no finite strengths: one answer was added for each pair of systems." : ""}`,
    },
  ];
}

const namingTables = (caption: string, { systems, differences }: NonNullable<Results["naming"]>): Part[] => [
  {
    ...{ kind: "table", caption },
    columns: [
      textColumn(
        "system",
        systems.map(({ system }) => system),
      ),
      shareColumn(
        "accuracy (%), participants × items",
        systems.map(({ accuracy }) => crossedFigure(accuracy)),
      ),
      shareColumn(
        "accuracy (%), exact",
        systems.map(({ accuracy }) => exactFigure(accuracy)),
      ),
      countColumn(
        "right",
        systems.map(({ accuracy }) => accuracy.count),
      ),
      countColumn(
        "answers",
        systems.map(({ accuracy }) => accuracy.of),
      ),
    ],
  },
  ...(differences.length > 0
    ? [
        {
          ...({ kind: "table", caption: `${caption}: differences in points` } as const),
          columns: [
            textColumn(
              "pair",
              differences.map(({ system, over }) => `${system} - ${over}`),
            ),
            {
              ...shareColumn(
                "difference",
                differences.map(({ value, low, high }) => percentFigure(value, low, high)),
                0,
              ),
              ...({ unit: "points", signed: true } as const),
            },
          ],
        },
      ]
    : []),
];

/** Each question: how often each system was chosen or named, with the exact interval of the last system's share. */
function questionTable({ items, systems, kind }: StudyAnalysis): TablePart {
  const later = systems.at(-1) ?? "";
  const shareOf = ({ counts, shown }: ItemRow): Figure => {
    const all = shown ? (shown[later] ?? 0) : Object.values(counts).reduce((sum, count) => sum + count, 0);
    const count = counts[later] ?? 0;
    return all > 0 ? percentFigure(count / all, ...clopperPearson(count, all)) : null;
  };
  return {
    kind: "table",
    caption: kind === "naming" ? "Right names by question" : "Choices by question",
    columns: [
      textColumn(
        "question",
        items.map(({ item }) => item),
      ),
      shareColumn(`${later} (%)`, items.map(shareOf), kind === "naming" ? undefined : 50),
      countColumn(
        "answers",
        items.map(({ answers }) => answers),
      ),
      ...systems.flatMap((system) => countsOf(system, items)),
      ...(kind === "naming"
        ? [
            textColumn(
              "other names",
              items.map(({ wrongNames = [] }) => wrongNames.map(({ name, count }) => `${name} (${count})`).join(", ")),
            ),
          ]
        : [
            countColumn(
              "ties",
              items.map(({ ties }) => ties),
            ),
            countColumn(
              "neither",
              items.map(({ neither }) => neither),
            ),
          ]),
      secondsColumn(items.map(({ medianMilliseconds }) => medianMilliseconds)),
    ],
    empty: "There are no answers.",
    note: `${kind === "naming" ? "Share of right names" : "Share of decided answers"} for ${later}, with the exact interval.`,
  };
}

/** How often a system was chosen or named rightly, and of names how often it was shown. */
const countsOf = (system: string, rows: readonly Pick<ItemRow, "counts" | "shown">[]): Column[] => [
  countColumn(
    system,
    rows.map(({ counts }) => counts[system] ?? 0),
  ),
  ...(rows.some(({ shown }) => shown)
    ? [
        countColumn(
          `${system} shown`,
          rows.map(({ shown }) => shown?.[system] ?? 0),
        ),
      ]
    : []),
];

const secondsColumn = (milliseconds: readonly (number | null)[]): Column => ({
  ...{ kind: "number", title: "median time (s)", digits: 1 },
  values: milliseconds.map((each) => (each === null ? null : each / 1000)),
});

const participantTable = ({ participants, systems }: StudyAnalysis): TablePart => ({
  kind: "table",
  caption: "Participants",
  columns: [
    textColumn(
      "participant",
      participants.map(({ participant }) => participant),
    ),
    countColumn(
      "answers",
      participants.map(({ answers }) => answers),
    ),
    ...systems.flatMap((system) => countsOf(system, participants)),
    countColumn(
      "ties",
      participants.map(({ ties }) => ties),
    ),
    countColumn(
      "neither",
      participants.map(({ neither }) => neither),
    ),
    {
      ...{ kind: "number", title: "agrees with the majority (%)", digits: 1 },
      values: participants.map(({ consistency }) => (consistency === null ? null : 100 * consistency)),
    },
    countColumn(
      "failed checks",
      participants.map(({ rules }) => rules.failed_checks ?? 0),
    ),
    secondsColumn(participants.map(({ rules }) => rules.median_milliseconds)),
    textColumn(
      "excluded",
      participants.map(({ broken }) => (broken.length > 0 ? "yes" : "no")),
    ),
  ],
  empty: "Nobody joined.",
});

function exclusionPart({ exclusions, rules }: StudyAnalysis): Part {
  if (Object.keys(rules).length === 0)
    return { kind: "text", lines: ["No rule of exclusion was fixed when the study was created."] };
  if (exclusions.length === 0)
    return { kind: "text", lines: ["The rules that were fixed when the study was created exclude nobody."] };
  const rows = exclusions.flatMap(({ participant, broken }) => broken.map((each) => ({ participant, ...each })));
  return {
    kind: "table",
    caption: "Excluded participants",
    columns: [
      textColumn(
        "participant",
        rows.map(({ participant }) => participant),
      ),
      textColumn(
        "rule",
        rows.map(({ rule, limit }) => ruleText(rule, limit)),
      ),
      textColumn(
        "value",
        rows.map(({ value }) => String(Number(value.toFixed(3)))),
      ),
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
