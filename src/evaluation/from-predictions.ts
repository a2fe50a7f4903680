import { createInterface } from "node:readline";
import type { z } from "zod";
import { messageOf, reasonsOf, UserError } from "../errors.js";
import { openRegular } from "../platform/node/files.js";
import type { Evaluation } from "./evaluation.js";
import type { MeasuredImage, MeasuredRow, StoredPrediction } from "./measured-image.js";
import type { MeasuredEvaluation } from "./measurements.js";
import { HandledLine, Header, Line, predictionIn } from "./predictions.js";
import { summarize } from "./summarize.js";

/**
 * Makes an evaluation again from the predictions file that it wrote: the two are equal.
 * @throws UserError when the file cannot be read, is incomplete, or is not a predictions file.
 */
export async function evaluationFrom(path: string): Promise<Evaluation> {
  const { setting, measurements } = await readPredictions(path);
  return summarize(setting, measurements);
}

/** Reads a predictions file. @throws UserError as `evaluationFrom` does. */
export async function readPredictions(path: string): Promise<MeasuredEvaluation> {
  const lines = numberedLines(path);
  const { format, version, processors, judges, ...setting } = await nextHeader(lines, path);
  const images: MeasuredImage[] = [];
  const expected = { path, processors, judges, after: setting.after ?? [] };
  for (let i = 0; i < setting.data.count; i++) images.push(await nextImage(lines, expected));
  requireSameKinds(path, judges, images);
  const rest = await lines.next();
  if (!rest.done) throw new UserError(`${path} has more than the ${setting.data.count} images of its header`);
  return { setting, measurements: { processors, judges, images } };
}

type Lines = AsyncGenerator<readonly [number: number, text: string], void>;

async function* numberedLines(path: string): Lines {
  let number = 0;
  try {
    const input = (await openRegular(path)).createReadStream();
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) yield [++number, text];
  } catch (error) {
    throw new UserError(`cannot read the predictions ${path}: ${messageOf(error)}`);
  }
}

async function nextHeader(lines: Lines, path: string): Promise<z.output<typeof Header>> {
  const { value } = await lines.next();
  const header = parseJson(value?.[1] ?? "");
  const refusal = (reason: string) => new UserError(`${path} is not a predictions file of this version: ${reason}`);
  if (header === undefined) throw refusal("its first line is not valid JSON");
  const parsed = Header.safeParse(header);
  if (parsed.success) return parsed.data;
  throw refusal(reasonsOf(parsed.error));
}

/** @throws UserError when a judge predicts a class for one image and boxes or confusions for another. */
function requireSameKinds(path: string, judges: readonly string[], images: readonly MeasuredImage[]): void {
  for (const [j, judge] of judges.entries()) {
    const kind = images[0]?.rows[0]?.predictions[j]?.kind;
    const isOther = (row: MeasuredRow) =>
      [row.predictions, ...(row.handled ?? [])].some((predictions) => predictions[j]?.kind !== kind);
    const other = images.find(({ rows }) => rows.some(isOther));
    if (other) throw new UserError(`${path}: ${judge} has predictions of two kinds (first: ${other.file})`);
  }
}

interface Expected {
  readonly path: string;
  readonly processors: readonly string[];
  readonly judges: readonly string[];
  readonly after: readonly string[];
}

/** The measurements of the next image, from a line for each processor and judge. */
async function nextImage(lines: Lines, expected: Expected): Promise<MeasuredImage> {
  const { path, processors, judges, after } = expected;
  const rows: MeasuredRow[] = [];
  let first: Line | undefined;
  for (const processor of processors) {
    const predictions: StoredPrediction[] = [];
    let last: Line | undefined;
    for (const judge of judges.length > 0 ? judges : [null]) {
      last = await nextLine(lines, Line, path, (line) => line.processor === processor && line.judge === judge);
      first ??= last;
      predictions.push(...predictionsIn(last, path));
    }
    const { psnr, ssim, psnr_y, ssim_y, lattice, processed } = last as Line;
    const luma = { ...(psnr_y !== undefined && { psnr_y }), ...(ssim_y !== undefined && { ssim_y }) };
    const handled = after.length > 0 && { handled: await nextHandled(lines, processor, expected) };
    rows.push({
      psnr,
      ssim,
      ...luma,
      ...(lattice && { lattice }),
      ...(processed !== undefined && { processed }),
      predictions,
      ...handled,
    });
  }
  const { file, label, truth, degradation } = first as Line;
  return { file, label, ...(truth && { boxes: truth }), ...(degradation && { degradation }), rows };
}

/** The predictions after each handling, from a line for each handling and judge. */
async function nextHandled(lines: Lines, processor: string, { path, judges, after }: Expected) {
  const handled: StoredPrediction[][] = [];
  for (const name of after) {
    const predictions: StoredPrediction[] = [];
    for (const judge of judges) {
      const isExpected = (line: HandledLine) =>
        line.processor === processor && line.judge === judge && line.after === name;
      predictions.push(...predictionsIn(await nextLine(lines, HandledLine, path, isExpected), path));
    }
    handled.push(predictions);
  }
  return handled;
}

/** @throws UserError when a judge's line has no prediction. */
function predictionsIn(line: Line | HandledLine, path: string): StoredPrediction[] {
  const prediction = predictionIn(line);
  if (line.judge !== null && !prediction)
    throw new UserError(`${path}: the prediction of ${line.judge} for ${line.file} is missing`);
  return prediction ? [prediction] : [];
}

async function nextLine<Schema extends z.ZodType>(
  lines: Lines,
  schema: Schema,
  path: string,
  isExpected: (line: z.output<Schema>) => boolean,
): Promise<z.output<Schema>> {
  const { value, done } = await lines.next();
  if (done || !value) throw new UserError(`${path} is truncated: it has fewer images than its header says`);
  const [number, text] = value;
  const json = parseJson(text);
  if (json === undefined) throw new UserError(`${path}, line ${number}: it is not valid JSON`);
  const parsed = schema.safeDecode(json as z.input<Schema>);
  if (!parsed.success) throw new UserError(`${path}, line ${number}: ${reasonsOf(parsed.error)}`);
  if (isExpected(parsed.data)) return parsed.data;
  throw new UserError(`${path}, line ${number}: lines are not in the order of images, processors and judges`);
}

/** Undefined for what is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
