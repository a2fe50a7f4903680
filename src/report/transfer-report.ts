import { columnTitles, judgeColumns } from "../evaluation/columns.js";
import type { Evaluation } from "../evaluation/evaluation.js";
import { judgeNotes } from "../evaluation/notes.js";
import { MAX_PSNR } from "../metrics/psnr.js";
import { figureOf } from "./columns.js";
import type { Highlight, MatrixPart, ReportDocument, Section } from "./document.js";
import { figuresTable, gainsTable, paretoPart } from "./evaluation-parts.js";
import { dataTitle, evaluationFacts, modelsTable, type ReportedModel, taskTitle } from "./setting-parts.js";
import { PLAIN, type TransferPoint, type TransferTraining } from "./transfer.js";

/** A transfer with what its report shows beside its figures. */
export interface TransferredReport {
  readonly training: TransferTraining;
  readonly points: readonly TransferPoint[];
  /** Of images with classes, of images with boxes: at least one. */
  readonly evaluations: readonly Evaluation[];
  readonly models: readonly ReportedModel[];
  /** See `trainingCurves`. */
  readonly curves: readonly Section[];
  /** See `imageSections`. Default: none. */
  readonly images?: readonly Section[];
}

/** The report of a transfer: a matrix of gains for each objective, then the figures of all rows. */
export function transferReport({
  training,
  points,
  evaluations,
  models,
  curves,
  images = [],
}: TransferredReport): ReportDocument {
  const [evaluation] = evaluations as readonly [Evaluation];
  const objectives = [...new Set(points.map(objectiveOf))];
  const sources = [...new Set(points.map(({ source }) => source))];
  return {
    title: `Transfer: ${taskTitle(evaluation)}`,
    summary:
      `Processors trained with the loss of ${sources.join(", ")} (${objectives.join("; ")}), compared with one trained with the image loss only: ` +
      `${training.steps} steps each, seed ${training.seed}. Judged on ${evaluations.map(dataTitle).join(" and ")}. Intervals are 95 %.`,
    highlights: highlightsOf(points, evaluations),
    sections: [
      {
        title: "Gains over plain",
        parts: objectives.map((objective) =>
          matrixOf(
            objective,
            points.filter((point) => objectiveOf(point) === objective),
            evaluations,
          ),
        ),
      },
      ...evaluations.map((each, place) => ({
        title: evaluations.length > 1 ? `Figures ${place + 1}: ${dataTitle(each)}` : "Figures",
        parts: [figuresTable(each), ...paretoPart(each), ...gainsTable(each)],
      })),
      ...images,
      ...curves,
      {
        title: "What was measured",
        parts: [
          trainingFacts(training),
          ...evaluations.map(evaluationFacts),
          ...notesOf(evaluations),
          ...modelsTable(models),
        ],
      },
    ],
  };
}

const objectiveOf = ({ objective, lambda }: TransferPoint): string => `${objective}, λ ${lambda}`;

function matrixOf(objective: string, points: readonly TransferPoint[], evaluations: readonly Evaluation[]): MatrixPart {
  const columns = evaluations.flatMap(judgeColumns);
  const changeIn = ({ rows }: Evaluation, name: string) => {
    const psnrOf = (row: string) => rows.find(({ processor }) => processor === row)?.psnr ?? MAX_PSNR;
    return psnrOf(name) - psnrOf(PLAIN);
  };
  return {
    kind: "matrix",
    caption: `${objective}: gain over plain in percentage points`,
    corner: "source",
    rows: points.map(({ source }) => source),
    columns: [
      ...columnTitles(columns),
      ...evaluations.map((_, place) => (evaluations.length > 1 ? `PSNR (dB) ${place + 1}` : "PSNR (dB)")),
    ],
    cells: points.map(({ name, source }) => [
      ...columns.map(({ judge, gainOf }) => {
        const figure = figureOf(gainOf(name, PLAIN));
        return figure && { figure, ...(judge === source && { starred: true as const }) };
      }),
      ...evaluations.map((each) => ({ figure: [changeIn(each, name)] as const, colored: false as const, digits: 2 })),
    ]),
    digits: 1,
    note: "Rows: the recognizer whose loss was used in training. Columns: the judges. ★: a source that is its own judge. In brackets: 95 % intervals of a paired bootstrap over images.",
  };
}

/** The mean over gains of judges that are not the source, as it is read off the matrix. */
function highlightsOf(points: readonly TransferPoint[], evaluations: readonly Evaluation[]): Highlight[] {
  const columns = evaluations.flatMap(judgeColumns);
  const figures = points.flatMap(({ name, source }) =>
    columns.flatMap(({ judge, gainOf }) => {
      const figure = figureOf(gainOf(name, PLAIN));
      return figure && judge !== source ? [figure] : [];
    }),
  );
  if (figures.length === 0) return [];
  const above = figures.filter(([, low]) => low !== undefined && low > 0).length;
  const below = figures.filter(([, , high]) => high !== undefined && high < 0).length;
  return [
    {
      label: "Gains of judges that are not the source",
      value: `${above} of ${figures.length} positive`,
      detail: "their 95 % interval is above 0",
    },
    {
      label: "Losses of judges that are not the source",
      value: `${below} of ${figures.length}`,
      detail: "their 95 % interval is below 0",
    },
  ];
}

const trainingFacts = ({ data, count, processor, init, steps, batch, crop, lr, seed }: TransferTraining) => ({
  kind: "facts" as const,
  facts: [
    ["Training images", `${count} images of ${data}`],
    ["Processor", `${processor}, ${init === null ? "from initial weights" : `from ${init}`}`],
    ["Training", `${steps} steps of ${batch} crops of ${crop}, learning rate ${lr}, seed ${seed}`],
  ] as const,
});

const notesOf = (evaluations: readonly Evaluation[]) => {
  const lines = evaluations
    .flatMap(judgeNotes)
    .flatMap((note) => note.split("\n").map((line) => line.replace(/^- /, "")));
  return lines.length > 0 ? [{ kind: "text" as const, lines }] : [];
};
