import { z } from "zod";
import { messageOf, reasonsOf, UserError } from "../errors.js";
import { readTextIfThere } from "../platform/node/files.js";

/** The gain of a judge from a processor that was trained with the loss of a source. */
export interface TransferGain {
  readonly source: string;
  readonly target: string;
  /** Percentage points of top-1 over the processor trained with the image loss only. */
  readonly gain: number;
}

/** Gains that can be compared with each other: of one task and one objective. */
export interface GainTable {
  /** The file and, if it has several objectives, the objective. */
  readonly name: string;
  /** Of pairs whose target is not the source. */
  readonly gains: readonly TransferGain[];
  /** Accuracy of each recognizer on the images of the table. */
  readonly accuracies: Readonly<Record<string, TableAccuracy>>;
}

/** Top-1 of a recognizer in percent; absent: the table does not have it. */
export interface TableAccuracy {
  /** On the original images. */
  readonly clean?: number;
  /** On the images of the processor trained with the image loss only. */
  readonly plain?: number;
}

const PLAIN = "plain";

const Top1 = z.object({ top1: z.number() });
const Rows = z.array(z.object({ processor: z.string(), recognizers: z.record(z.string(), Top1).optional() }));
const Transfer = z.object({
  points: z.array(z.object({ source: z.string(), objective: z.string(), gains: z.record(z.string(), Top1) })),
  evaluation: z.object({ rows: Rows }).optional(),
});
const Evaluated = z.object({
  rows: Rows.optional(),
  gains: z.array(z.object({ processor: z.string(), over: z.string(), recognizer: z.string(), top1: z.number() })),
});

/** The accuracies in the rows of evaluations; recognizers in several have those of the last. */
function accuraciesIn(rows: z.output<typeof Rows>): Record<string, TableAccuracy> {
  const found: Record<string, TableAccuracy> = {};
  for (const { processor, recognizers = {} } of rows)
    if (processor === "clean" || processor === PLAIN)
      for (const [name, { top1 }] of Object.entries(recognizers)) found[name] = { ...found[name], [processor]: top1 };
  return found;
}

/** An evaluation whose processor was trained with the loss of a source. */
export interface GainSource {
  readonly source: string;
  /** The row of the processor; needed if several have gains over plain. */
  readonly row?: string | undefined;
  readonly file: string;
}

/**
 * Reads the file `transfer.json` of a transfer experiment.
 * @returns a table for each objective.
 * @throws UserError when it cannot be read or is no such file.
 */
export async function readTransfer(file: string): Promise<GainTable[]> {
  const { points, evaluation } = await readJson(file, Transfer, "transfer gains");
  const accuracies = accuraciesIn(evaluation?.rows ?? []);
  const objectives = [...new Set(points.map(({ objective }) => objective))];
  return objectives.map((objective) => ({
    name: objectives.length > 1 ? `${file} (${objective})` : file,
    gains: points
      .filter((point) => point.objective === objective)
      .flatMap(({ source, gains }) =>
        Object.entries(gains).map(([target, { top1 }]) => ({ source, target, gain: top1 })),
      )
      .filter(({ source, target }) => source !== target),
    accuracies,
  }));
}

/**
 * Reads evaluations, each of a processor that was trained with the loss of one source, as one table.
 * @throws UserError when a file cannot be read or does not have gains of one processor over `plain`.
 */
export async function readGains(sources: readonly GainSource[]): Promise<GainTable> {
  const gains: TransferGain[] = [];
  const evaluated: z.output<typeof Rows> = [];
  for (const { source, row, file } of sources) {
    const read = await readJson(file, Evaluated, "gains");
    evaluated.push(...(read.rows ?? []));
    const over = read.gains.filter((gain) => gain.over === PLAIN);
    const rows = [...new Set(over.map(({ processor }) => processor))];
    const chosen = row ?? (rows.length === 1 ? rows[0] : undefined);
    if (chosen === undefined || !rows.includes(chosen))
      throw new UserError(
        `${file} has gains over "${PLAIN}" of ${rows.join(", ") || "no processor"}: ` +
          `name the processor that was trained with ${source}, as ${source}@ROW=${file}`,
      );
    for (const { processor, recognizer, top1 } of over)
      if (processor === chosen && recognizer !== source) gains.push({ source, target: recognizer, gain: top1 });
  }
  return { name: sources.map(({ file }) => file).join(", "), gains, accuracies: accuraciesIn(evaluated) };
}

/**
 * Reads a JSON file of results.
 * @param what the contents, for the message.
 * @throws UserError when it cannot be read or has other contents.
 */
export async function readJson<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
  what: string,
): Promise<z.output<Schema>> {
  const text = await readTextIfThere(file);
  if (text === undefined) throw new UserError(`cannot read ${file}: no such file`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UserError(`cannot read ${file}: it is not JSON (${messageOf(error)})`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new UserError(`${file} has no ${what}: ${reasonsOf(parsed.error)}`);
}
