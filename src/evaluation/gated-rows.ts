import { UserError } from "../errors.js";
import { type Gate, processorDigest, skipReason } from "../gate/gate.js";
import type { Processor } from "../processors/processor.js";
import type { EvaluationSetting, GateSetting } from "./evaluation.js";
import type { MeasuredImage, MeasuredRow } from "./measured-image.js";

/** A gate with its row. */
export interface GatedRow {
  readonly gate: Gate;
  readonly setting: GateSetting;
  /** The index of the row of its processor. */
  readonly over: number;
}

/** The rows of gates, each for the processor that it was fitted for. @throws UserError when a processor is not evaluated. */
export function gatedRows(gates: readonly Gate[], processors: readonly Processor[]): GatedRow[] {
  if (gates.length === 0) return [];
  const digests = processors.map(processorDigest);
  return gates.map((gate) => {
    const place = digests.indexOf(gate.processor.sha256);
    const { name: over } = processors[place] ?? {};
    if (over === undefined)
      throw new UserError(
        `the gate of the processor ${gate.processor.name} (${gate.processor.sha256.slice(0, 12)}…) fits none of the processors: ` +
          `${processors.map(({ name }) => name).join(", ") || "none"}`,
      );
    const { alpha, delta } = gate;
    return { gate, setting: { name: `${over} with gate`, over, alpha, delta }, over: place + 1 };
  });
}

/** The images with the rows of gates, before the row "clean". */
export const withGatedRows = (images: readonly MeasuredImage[], gated: readonly GatedRow[]): MeasuredImage[] =>
  images.map((image) => ({
    ...image,
    rows: [...image.rows.slice(0, -1), ...gated.map((row) => gatedRow(image, row)), image.rows.at(-1) as MeasuredRow],
  }));

/** The row of the processor, or that of "none" where the gate skips the image. */
function gatedRow({ file, degradation, rows }: MeasuredImage, { gate, over }: GatedRow): MeasuredRow {
  if (!degradation) throw new Error(`${file} was measured without its degradation`); // evaluations with a gate measure it
  const processed = skipReason(gate, degradation) === undefined;
  return { ...(rows[processed ? over : 0] as MeasuredRow), processed };
}

/** The digests of the processors, by name. */
export const digestsOf = (processors: readonly Processor[]): Pick<EvaluationSetting, "processor_sha256"> =>
  processors.length === 0
    ? {}
    : {
        processor_sha256: Object.fromEntries(
          processors.map((processor) => [processor.name, processorDigest(processor)]),
        ),
      };
