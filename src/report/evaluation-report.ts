import { judgeColumns, meanColumns } from "../evaluation/columns.js";
import type { Evaluation } from "../evaluation/evaluation.js";
import type { Measurements } from "../evaluation/measurements.js";
import { correlationNotes, judgeNotes, latticeNotes, powerNotes } from "../evaluation/notes.js";
import { comparedPairs, exactNotes } from "../evaluation/table.js";
import { signed } from "../number-text.js";
import type { GalleryPart, Highlight, ReportDocument, Section, TextPart } from "./document.js";
import { figuresTable, flipsTable, gainsTable, gateParts, paretoPart, survivalParts } from "./evaluation-parts.js";
import { shownPairs } from "./judged-rows.js";
import { predictionsPart } from "./predictions-part.js";
import { dataTitle, evaluatedNetworks, type ReportedModel, settingSection, taskTitle } from "./setting-parts.js";

/** What a report of an evaluation shows beside its figures. */
export interface EvaluationReportOptions {
  readonly models?: readonly ReportedModel[];
  /** The predictions of each image; absent: no list of them. */
  readonly measurements?: Measurements;
  /** Flipped images; absent: none are shown. */
  readonly gallery?: GalleryPart;
  /** The name of a class. Default: its index. */
  nameOf?(label: number): string;
}

/** The report of an evaluation. */
export function evaluationReport(evaluation: Evaluation, options: EvaluationReportOptions = {}): ReportDocument {
  const { rows } = evaluation;
  const names = rows.slice(1, -1).map(({ processor }) => processor);
  const judges = [...new Set(judgeColumns(evaluation).map(({ judge }) => judge))];
  return {
    title: `Evaluation: ${taskTitle(evaluation)}`,
    summary:
      `${dataTitle(evaluation)}, protocol ${evaluation.protocol}, seed ${evaluation.seed}. ` +
      `Processors: ${names.join(", ") || "none"}. Judges: ${judges.join(", ") || "none"}. Intervals are 95 %.`,
    highlights: highlightsOf(evaluation),
    sections: [...evaluationSections(evaluation, options), settingSection(evaluation, options.models ?? [])],
  };
}

/** The report of evaluations that were read from predictions: of one, or of several with the same processors. */
export function joinedReport(
  evaluations: readonly Evaluation[],
  measured: readonly { readonly measurements: Measurements }[],
): ReportDocument {
  const [first, ...others] = evaluations as readonly [Evaluation, ...Evaluation[]];
  const partsOf = (evaluation: Evaluation, place: number) => {
    const { measurements } = measured[place] ?? {};
    return { ...(measurements && { measurements }), models: evaluatedNetworks(evaluation) };
  };
  if (others.length === 0) return evaluationReport(first, partsOf(first, 0));
  return {
    title: `Evaluations: ${taskTitle(first)}`,
    summary: evaluations
      .map((each, place) => `(${place + 1}) ${dataTitle(each)}, protocol ${each.protocol}.`)
      .join(" "),
    highlights: [],
    sections: evaluations.flatMap((evaluation, place) => {
      const options = partsOf(evaluation, place);
      const sections = [...evaluationSections(evaluation, options), settingSection(evaluation, options.models)];
      return sections.map(({ title, parts }) => ({ title: `${title} (${place + 1})`, parts }));
    }),
  };
}

/** The sections of an evaluation, without its setting. */
export function evaluationSections(evaluation: Evaluation, options: EvaluationReportOptions = {}): Section[] {
  const { measurements, gallery, nameOf = (label) => `class ${label}` } = options;
  const survival = survivalParts(evaluation);
  const flips = flipsTable(evaluation);
  return [
    {
      title: "Results",
      parts: [figuresTable(evaluation), ...gainsTable(evaluation), ...notesOf(evaluation)],
    },
    ...sectionOf("Quality and accuracy", paretoPart(evaluation)),
    ...sectionOf(flips.length > 0 ? "Flipped predictions" : "Images", [...(gallery ? [gallery] : []), ...flips]),
    ...sectionOf("After handlings", survival),
    ...sectionOf("Gates", gateParts(evaluation)),
    ...(measurements ? [{ title: "All predictions", parts: [predictionsPart(measurements, nameOf)] }] : []),
  ];
}

const sectionOf = (title: string, parts: Section["parts"]): Section[] => (parts.length > 0 ? [{ title, parts }] : []);

/** What marks and measures mean, one line each. */
function notesOf(evaluation: Evaluation): TextPart[] {
  const pairs = comparedPairs(evaluation.rows.map(({ processor }) => processor));
  const lines = [
    ...exactNotes(evaluation.rows),
    ...latticeNotes(evaluation),
    ...judgeNotes(evaluation).flatMap((note) => note.split("\n").map((line) => line.replace(/^- /, ""))),
    ...powerNotes(pairs, judgeColumns(evaluation)),
    ...correlationNotes(evaluation),
  ];
  return lines.length > 0 ? [{ kind: "text", lines }] : [];
}

/** The gain, the cost in PSNR and the flips of the last processor that is shown. */
function highlightsOf(evaluation: Evaluation): Highlight[] {
  const { rows, flips, control, gates = [] } = evaluation;
  const others = [...(control ? [control.name] : []), ...gates.map(({ name }) => name)];
  const names = rows.map(({ processor }) => processor);
  const [row, over] = shownPairs(names, others).at(-1) ?? [];
  const [after, before] = [rows[row ?? -1], rows[over ?? -1]];
  if (!after || !before) return [];
  const pair = `${after.processor} over ${before.processor}`;
  const columns = judgeColumns(evaluation);
  const mean = meanColumns(evaluation)[0] ?? (columns.length === 1 ? columns[0] : undefined);
  const gain = mean?.gainOf(after.processor, before.processor);
  const own = flips.filter(({ processor, over: base }) => processor === after.processor && base === before.processor);
  const count = (kind: "harmful" | "helpful") => own.reduce((sum, flip) => sum + flip[kind], 0);
  return [
    ...(mean && gain?.value != null
      ? [gainHighlight(`${pair}: ${measureOf(columns.length, mean)}`, gain.value, gain.ci95)]
      : []),
    ...(after.psnr !== null && before.psnr !== null
      ? [
          {
            label: `${pair}: PSNR`,
            value: `${signed(after.psnr - before.psnr, 2)} dB`,
            detail: `${before.psnr.toFixed(2)} → ${after.psnr.toFixed(2)} dB`,
          },
        ]
      : []),
    ...(own.length > 0
      ? [
          {
            label: `${pair}: harmful flips`,
            value: String(count("harmful")),
            detail: `${count("helpful")} helpful, over ${own.length} ${own.length === 1 ? "judge" : "judges"}`,
          },
        ]
      : []),
  ];
}

const measureOf = (judges: number, { judge, measure }: { readonly judge: string; readonly measure: string }): string =>
  judges === 1 ? `${measure} of ${judge}` : `mean ${measure} of ${judges} judges`;

function gainHighlight(label: string, value: number, ci95: readonly [number, number] | null): Highlight {
  const [low = 0, high = 0] = ci95 ?? [];
  return {
    label,
    value: `${signed(value)} points`,
    ...(ci95 && { detail: `95 %: ${signed(low)} to ${signed(high)}` }),
    ...(ci95 && low > 0 && { tone: "good" }),
    ...(ci95 && high < 0 && { tone: "bad" }),
  };
}
