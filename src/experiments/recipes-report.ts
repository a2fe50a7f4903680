import { columnsOf } from "../report/columns.js";
import type { Part, ReportDocument, Section, TablePart } from "../report/document.js";
import { figuresTable, flipsTable, gainsTable, paretoPart, survivalParts } from "../report/evaluation-parts.js";
import { evaluatedNetworks, evaluationFacts, modelsTable } from "../report/setting-parts.js";
import { trainingCurves } from "../report/training-curves.js";
import { mainParts } from "../study/analysis/report.js";
import { remarks } from "../study/analysis/table.js";
import { type Findings, type Training, trainingTitle } from "./findings.js";

/** The results of a recipe, and the folder that `Training.run` is relative to. */
export interface FoundRecipe {
  readonly findings: Findings;
  readonly folder: string;
}

/** The report of recipes: every evaluation and study, the trainings with their curves, and the command lines. */
export async function recipesReport(title: string, recipes: readonly FoundRecipe[]): Promise<ReportDocument> {
  const count = (of: (findings: Findings) => number) => recipes.reduce((sum, { findings }) => sum + of(findings), 0);
  const simulated = recipes.some(({ findings }) => findings.studies.some(({ analysis }) => analysis.simulated));
  const sections: Section[] = [];
  for (const recipe of recipes) sections.push(...(await recipeSections(recipe, recipes.length > 1)));
  return {
    title,
    ...(simulated && {
      warning: "SIMULATED: the answers of studies are those of simulated participants, not of people",
    }),
    summary: recipes.map(({ findings }) => `${findings.title}. ${findings.about}`).join(" "),
    highlights: [
      { label: "Trainings", value: String(count(({ trainings }) => trainings.length)) },
      { label: "Evaluations", value: String(count(({ evaluations }) => evaluations.length)) },
      ...(count(({ studies }) => studies.length) > 0
        ? [{ label: "Studies", value: String(count(({ studies }) => studies.length)) }]
        : []),
    ],
    sections,
  };
}

/** @param named whether sections need the name of their recipe. */
async function recipeSections({ findings, folder }: FoundRecipe, named: boolean): Promise<Section[]> {
  const { recipe, evaluations, studies, trainings } = findings;
  const titleOf = (title: string) => (named ? `${recipe}: ${title}` : title);
  const curves = await trainingCurves(
    trainings.map(({ run }) => ({ name: run, model: `${folder}/${run}/model.onnx` })),
  );
  return [
    ...evaluations.map(({ stage, evaluation }) => ({
      title: titleOf(stage),
      parts: [
        figuresTable(evaluation),
        ...gainsTable(evaluation),
        ...paretoPart(evaluation),
        ...flipsTable(evaluation),
        ...survivalParts(evaluation),
        evaluationFacts(evaluation),
        ...modelsTable(evaluatedNetworks(evaluation)),
      ],
    })),
    ...studies.map(({ stage, analysis }) => ({
      title: titleOf(stage),
      parts: [
        ...mainParts(analysis),
        { kind: "text", lines: [...remarks(analysis.results), analysis.methods] } satisfies Part,
      ],
    })),
    ...(trainings.length > 0
      ? [{ title: titleOf("Trainings"), parts: [trainingsTable(trainings), ...curves.flatMap(({ parts }) => parts)] }]
      : []),
    { title: titleOf("Commands"), parts: [commandsTable(findings)] },
  ];
}

function trainingsTable(trainings: readonly Training[]): TablePart {
  const column = columnsOf(trainings);
  return {
    kind: "table",
    caption: "Trainings",
    columns: [
      column.text("run", ({ run }) => run),
      column.text("training", ({ settings }) => trainingTitle(settings)),
      column.number("images", ({ images }) => images),
      column.number("steps", ({ settings }) => settings.steps),
      column.number("batch", ({ settings }) => settings.batch),
      column.number("crop", ({ settings: { crop, size } }) => crop ?? size ?? null),
      column.text("learning rate", ({ settings }) => String(settings.lr)),
      column.number("seed", ({ settings }) => settings.seed),
      { ...column.text("SHA-256 of model.onnx", ({ model }) => model), code: true },
      { ...column.text("SHA-256 of log.jsonl", ({ log }) => log), code: true },
    ],
  };
}

function commandsTable({ commands }: Findings): TablePart {
  const column = columnsOf(commands);
  return {
    kind: "table",
    caption: "Command lines by stage",
    columns: [
      column.text("stage", ({ stage }) => stage),
      { ...column.text("command", ({ command }) => command), code: true },
    ],
  };
}
