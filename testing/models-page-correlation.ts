import type { Evaluation, Row } from "../src/evaluation/evaluation.js";
import { type ModelGroup, rowName, seenIn } from "../src/evaluation/published-models.js";
import { markdownTable } from "../src/evaluation/text.js";
import { grouped } from "../src/grouped.js";
import { pearson, spearman } from "../src/metrics/correlation.js";
import { signed } from "../src/number-text.js";

/** Fewer models show no correlation. */
const FEWEST = 4;

/**
 * How the PSNR of models and the accuracy of unseen recognizers go together, over the models of all tables that have the same images
 * and the same unseen recognizers; nothing with fewer than four.
 */
export function correlationParts(groups: readonly ModelGroup[]): string[] {
  const [tables = []] = [...grouped(groups.flatMap(unseenTable), comparableKey).values()].sort(
    (a, b) => b.length - a.length,
  );
  const [first] = tables;
  const changed = tables.map(changesOf);
  const changes = changed.flat();
  if (!first || changes.length < FEWEST) return [];
  const parts = [
    ["all", changes],
    ["plain", changes.filter(({ isPlain }) => isPlain)],
    ["with recognizers in training", changes.filter(({ isPlain }) => !isPlain)],
    ["the same, against plain", changed.flatMap(overPlain)],
  ] as const;
  return [
    "## PSNR and accuracy",
    `What each model changes against the degraded images: PSNR, and top-1 as the mean over the unseen recognizers ${first.judges.join(", ")}. ` +
      `${first.evaluation.data.count.toLocaleString("en")} images. Images of \`sr\` without a model are enlarged by bicubic interpolation.`,
    markdownTable(
      ["model", "PSNR (dB)", "top-1 (points)"],
      changes.map(({ name, psnr, accuracy }) => [name, signed(psnr, 2), signed(accuracy)]),
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

/** The main evaluation of a group, with the recognizers that none of its models was trained with: at least one. */
interface UnseenTable extends Pick<ModelGroup, "models"> {
  readonly evaluation: Evaluation;
  readonly judges: readonly string[];
}

function unseenTable({ models, evaluations: [main] }: ModelGroup): UnseenTable[] {
  if (main?.title !== "") return [];
  const { evaluation } = main;
  const seen = seenIn(models, evaluation);
  const judges = Object.keys(evaluation.rows[0]?.recognizers ?? {}).filter((judge) => !seen.has(judge));
  return judges.length > 0 ? [{ models, evaluation, judges }] : [];
}

/** Equal for tables with the same images and the same unseen recognizers. */
const comparableKey = ({ evaluation: { data, protocol }, judges }: UnseenTable): string =>
  JSON.stringify([data, protocol, [...judges].sort()]);

function changesOf({ models, evaluation, judges }: UnseenTable): Change[] {
  const [degraded] = evaluation.rows;
  return models.flatMap((model) => {
    const name = rowName(evaluation, model);
    const row = evaluation.rows.find(({ processor }) => processor === name);
    if (row?.psnr == null || degraded?.psnr == null) return [];
    return [
      {
        ...{ name: model.name, isPlain: model.objective === "plain" },
        psnr: row.psnr - degraded.psnr,
        accuracy: meanTop1(row, judges) - meanTop1(degraded, judges),
      },
    ];
  });
}

/** The differences of a table's models from its plain model. */
function overPlain(changes: readonly Change[]): Change[] {
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

/** The mean accuracy of judges in %. */
const meanTop1 = ({ recognizers }: Row, judges: readonly string[]): number =>
  judges.reduce((sum, judge) => sum + (recognizers[judge]?.top1 ?? Number.NaN), 0) / judges.length;
