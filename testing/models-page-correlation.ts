import { judgeColumns } from "../src/evaluation/columns.js";
import type { Evaluation } from "../src/evaluation/evaluation.js";
import { type ModelGroup, rowName, seenIn } from "../src/evaluation/published-models.js";
import { decibels, markdownTable, signed } from "../src/evaluation/text.js";
import { grouped } from "../src/grouped.js";
import { pearson, spearman } from "../src/metrics/correlation.js";

/** Fewer models show no correlation. */
const FEWEST = 4;

/**
 * How the PSNR of models and the accuracy of unseen recognizers go together, over the models of all tables that have the same images
 * and the same unseen recognizers; nothing with fewer than four.
 */
export function correlationParts(groups: readonly ModelGroup[]): string[] {
  const [largest = []] = [...grouped(groups.filter(hasFigures), comparableKey).values()].sort(
    (a, b) => b.length - a.length,
  );
  const [first] = largest;
  const changes = largest.flatMap(changesOf);
  if (!first || changes.length < FEWEST) return [];
  const { judges, evaluation } = mainOf(first);
  const parts = [
    ["all", changes],
    ["plain", changes.filter(({ isPlain }) => isPlain)],
    ["with recognizers in training", changes.filter(({ isPlain }) => !isPlain)],
    ["the same, against plain", largest.flatMap(overPlain)],
  ] as const;
  return [
    "## PSNR and accuracy",
    `What each model changes against the degraded images: PSNR, and top-1 as the mean over the unseen recognizers ${judges.join(", ")}. ` +
      `${evaluation.data.count.toLocaleString("en")} images. Images of \`sr\` without a model are enlarged by bicubic interpolation.`,
    markdownTable(
      ["model", "PSNR (dB)", "top-1 (points)"],
      changes.map(({ name, psnr, accuracy }) => [name, `${psnr < 0 ? "" : "+"}${decibels(psnr)}`, signed(accuracy)]),
    ),
    "Correlation of the two changes over the models, and over their differences from the plain model of their table:",
    markdownTable(
      ["models", "number", "Pearson", "Spearman"],
      parts
        .filter(([, of]) => of.length >= FEWEST)
        .map(([title, of]) => [title, String(of.length), ...[pearson, spearman].map((measure) => textOf(of, measure))]),
    ),
  ];
}

/** The difference of a model from the degraded images, or from another model. */
interface Change {
  readonly name: string;
  readonly isPlain: boolean;
  /** In dB. */
  readonly psnr: number;
  /** In points. */
  readonly accuracy: number;
}

const textOf = (changes: readonly Change[], measure: typeof pearson): string =>
  measure(
    changes.map(({ psnr }) => psnr),
    changes.map(({ accuracy }) => accuracy),
  )?.toFixed(2) ?? "–";

const hasFigures = ({ evaluations: [main] }: ModelGroup): boolean => main?.title === "";

/** The main evaluation of a group, with the recognizers that none of its models was trained with. */
function mainOf({ models, evaluations: [main] }: ModelGroup): { evaluation: Evaluation; judges: string[] } {
  const { evaluation } = main as ModelGroup["evaluations"][number];
  const seen = seenIn(models, evaluation);
  const classifiers = judgeColumns(evaluation).filter(({ measure }) => measure === "top-1");
  return { evaluation, judges: classifiers.map(({ judge }) => judge).filter((judge) => !seen.has(judge)) };
}

/** Equal for groups with the same images and the same unseen recognizers. */
function comparableKey(group: ModelGroup): string {
  const { evaluation, judges } = mainOf(group);
  return JSON.stringify([evaluation.data, evaluation.protocol, [...judges].sort()]);
}

function changesOf(group: ModelGroup): Change[] {
  const { evaluation, judges } = mainOf(group);
  const [degraded] = evaluation.rows;
  const before = accuracyOf(evaluation, judges, degraded?.processor);
  return group.models.flatMap((model) => {
    const row = evaluation.rows.find(({ processor }) => processor === rowName(evaluation, model));
    const accuracy = accuracyOf(evaluation, judges, row?.processor);
    if (!row || row.psnr === null || degraded?.psnr == null || before === null || accuracy === null) return [];
    return [
      {
        ...{ name: model.name, isPlain: model.objective === "plain" },
        psnr: row.psnr - degraded.psnr,
        accuracy: accuracy - before,
      },
    ];
  });
}

/** The differences of a group's models from its plain model. */
function overPlain(group: ModelGroup): Change[] {
  const changes = changesOf(group);
  const plain = changes.find(({ isPlain }) => isPlain);
  if (!plain) return [];
  return changes
    .filter((change) => change !== plain)
    .map((change) => ({
      ...change,
      psnr: change.psnr - plain.psnr,
      accuracy: change.accuracy - plain.accuracy,
    }));
}

/** The mean top-1 of judges in %; null if one of them has none. */
function accuracyOf(evaluation: Evaluation, judges: readonly string[], processor = ""): number | null {
  const values = judgeColumns(evaluation)
    .filter(({ judge }) => judges.includes(judge))
    .map(({ figureOf }) => figureOf(processor)?.value ?? null);
  const known = values.filter((value) => value !== null);
  if (known.length === 0 || known.length < values.length) return null;
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
