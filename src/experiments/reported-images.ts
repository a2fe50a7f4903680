import type { Evaluation } from "../evaluation/evaluation.js";
import { printable } from "../printable.js";
import type { Reporter } from "../reporter.js";

/** An image file and what is wrong with it. */
type Remark = readonly [file: string, reason: string];

/** Lists each image that was left out and each one that was decoded although its file is flawed, then their numbers. */
export function reportImages(leftOut: Iterable<Remark>, flawed: Iterable<Remark>, report: Reporter): void {
  list("left out", "could not be read", [...leftOut], report);
  list("flawed", "decoded in spite of a flaw", [...flawed], report);
}

/** Lists the images that an evaluation left out, and the flawed ones, as `reportImages` does. */
export const reportEvaluated = ({ data: { skipped, flawed = [] } }: Evaluation, report: Reporter): void =>
  reportImages(skipped.map(remarkOf), flawed.map(remarkOf), report);

const remarkOf = ({ file, reason }: { readonly file: string; readonly reason: string }): Remark => [file, reason];

function list(word: string, summary: string, remarks: readonly Remark[], { info }: Reporter): void {
  for (const [file, reason] of remarks) info(printable(`${word} ${file}: ${withoutName(reason, file)}`));
  if (remarks.length > 0) info(`${remarks.length} ${remarks.length === 1 ? "image" : "images"} ${summary}`);
}

/** A reason without the file, which an error names itself. */
const withoutName = (reason: string, file: string): string =>
  ["decode", "read"].reduce((rest, verb) => rest.replace(`cannot ${verb} ${file}: `, ""), reason);
