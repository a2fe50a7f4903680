import { basename } from "node:path";
import { UserError } from "../errors.js";
import { writeMetadata } from "../platform/node/models.js";
import { type Card, withCard } from "../processors/card.js";
import { openProcessor } from "../processors/open.js";
import type { Evaluation } from "./evaluation.js";

/** @throws UserError when a processor has no card. */
export function requireCard(file: string | undefined, card: Card | null): asserts card is Card {
  if (!card) throw new UserError(`${file} has no card: Legible did not train it`);
}

/**
 * Writes the figures of an evaluation into the card of a processor.
 * @param name of the processor's row.
 * @throws UserError when the file has no card.
 */
export async function writeMeasured(file: string, name: string, { data, rows }: Evaluation): Promise<void> {
  const { graph, card } = await openProcessor(file);
  const row = rows.find(({ processor }) => processor === name);
  requireCard(file, card);
  if (!row) throw new UserError(`${file} was not evaluated as ${name}`);
  const folders = data.folders.map((folder) => basename(folder));
  const valuesOf = <T>(figures: Readonly<Record<string, T>>, value: (figure: T) => number | null) =>
    Object.fromEntries(Object.entries(figures).map(([judge, figure]) => [judge, value(figure)]));
  const accuracies = Object.entries(row.recognizers).map(([recognizer, accuracy]) => [recognizer, accuracy.top1]);
  const selection = data.selection && { selection: data.selection };
  const measured = {
    data: { folders, ...selection, count: data.count },
    psnr: row.psnr,
    ssim: row.ssim,
    top1: Object.fromEntries(accuracies),
    ...(row.detectors && { map11: valuesOf(row.detectors, ({ map11 }) => map11) }),
    ...(row.segmenters && { miou: valuesOf(row.segmenters, ({ miou }) => miou) }),
  };
  await writeMetadata(withCard(graph, { ...card, measured }).metadata, file);
}
