import { basename } from "node:path";
import type { Evaluation, EvaluationSetting } from "../evaluation/evaluation.js";
import type { Card } from "../processors/card.js";
import type { Processor } from "../processors/processor.js";
import { columnsOf } from "./columns.js";
import type { FactsPart, Section, TablePart } from "./document.js";

/** A model that took part, for the list of models. */
export interface ReportedModel {
  readonly name: string;
  /** What it did: "processor", "judge". */
  readonly role: string;
  /** The name of its file, without folders. */
  readonly file?: string;
  readonly sha256?: string;
  /** Its training in one line. */
  readonly about?: string;
}

/** A processor with its training, as its card states it. */
export function processorModel({ name, file, sha256, card }: Processor): ReportedModel {
  return {
    ...{ name, role: "processor" },
    ...(file !== undefined && { file: basename(file) }),
    ...(sha256 !== undefined && { sha256 }),
    ...(card && { about: trainingText(card) }),
  };
}

/** The processors of an evaluation by the hashes of their networks, which it states where their files are not known. */
export const evaluatedNetworks = ({ processor_sha256: hashes = {} }: EvaluationSetting): ReportedModel[] =>
  Object.entries(hashes).map(([name, sha256]) => ({ name, role: "processor (network)", sha256 }));

/** "ra, λ 0.001, compact-m, 4000 steps of 16 crops of 96, learning rate 0.0001, seed 0, 400 images" */
export const trainingText = ({ objective, lambda, network, steps, batch, crop, lr, seed, data }: Card): string =>
  [
    ...[objective, ...(lambda > 0 ? [`λ ${lambda}`] : []), network],
    ...[`${steps} steps of ${batch} crops of ${crop}`, `learning rate ${lr}`, `seed ${seed}`, `${data.count} images`],
  ].join(", ");

/** "sr ×4", "denoise, sigma 0.1" */
export function taskTitle({ task, options, scale }: Pick<EvaluationSetting, "task" | "options" | "scale">): string {
  const settings = Object.entries(options).filter(([name]) => name !== "scale");
  return [
    `${task}${scale === 1 ? "" : ` ×${scale}`}`,
    ...settings.map(([name, value]) => `${name} ${textOf(value)}`),
  ].join(", ");
}

const textOf = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));

/** "60 images of photos (test part)" */
export const dataTitle = ({ data }: Pick<EvaluationSetting, "data">): string =>
  `${data.count} ${data.count === 1 ? "image" : "images"} of ${data.folders.join(", ")}${data.selection ? ` (${data.selection})` : ""}`;

/** Everything that decides the figures: data, settings and models. */
export const settingSection = (evaluation: Evaluation, models: readonly ReportedModel[]): Section => ({
  title: "What was measured",
  parts: [evaluationFacts(evaluation), ...modelsTable(models), ...skippedTable(evaluation)],
});

export function evaluationFacts(evaluation: Evaluation): FactsPart {
  const {
    protocol,
    crop_border: border,
    seed,
    control,
    seen = {},
    after = [],
    judge_settings: settings = {},
  } = evaluation;
  const trained = Object.entries(seen).map(([judge, processors]) => `${judge}: ${processors.join(", ")}`);
  return {
    kind: "facts",
    facts: [
      ["Task", taskTitle(evaluation)],
      ["Images", dataTitle(evaluation)],
      ["Protocol", `${protocol}${border > 0 ? `, border of ${border} pixels cropped` : ""}`],
      ["Seed", `${seed} (random part of degradations, bootstrap)`],
      ["Intervals", "95 %: Wilson's for top-1, a paired bootstrap over images for gains"],
      ...(after.length > 0 ? [["Handlings", after.join(", ")] as const] : []),
      ...(trained.length > 0 ? [["Trained with the judge (R)", trained.join("; ")] as const] : []),
      ...(control
        ? [
            [
              "Control",
              `${control.name}: the images of ${control.over}, perturbed along the gradient of ${control.recognizer}'s loss with the known labels until their PSNR is ${control.cost_db.toFixed(3)} dB lower`,
            ] as const,
          ]
        : []),
      ...Object.entries(settings).map(([judge, stated]) => [`Settings of ${judge}`, JSON.stringify(stated)] as const),
    ],
  };
}

export function modelsTable(models: readonly ReportedModel[]): TablePart[] {
  if (models.length === 0) return [];
  const about = models.some((model) => model.about !== undefined);
  const column = columnsOf(models);
  return [
    {
      kind: "table",
      caption: "Models",
      columns: [
        column.text("model", ({ name }) => name),
        column.text("role", ({ role }) => role),
        column.text("file", ({ file = "–" }) => file),
        ...(about ? [column.text("training", (model) => model.about ?? "–")] : []),
        { ...column.text("SHA-256", ({ sha256 = "–" }) => sha256), code: true },
      ],
    },
  ];
}

/** The images that could not be evaluated, with the reasons. */
function skippedTable({ data }: Evaluation): TablePart[] {
  const left = [...data.skipped, ...(data.left_out ?? [])];
  if (left.length === 0) return [];
  const column = columnsOf(left);
  return [
    {
      kind: "table",
      caption: `${left.length} files that were not evaluated`,
      columns: [column.text("file", ({ file }) => file), column.text("reason", ({ reason }) => reason)],
    },
  ];
}
