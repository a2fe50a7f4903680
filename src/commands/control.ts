import { z } from "zod";
import { UserError } from "../errors.js";
import { Control } from "../evaluation/control.js";
import { type EvaluateOptions, evaluate } from "../evaluation/evaluate.js";
import { labelSetOf } from "../recognition/class-offset.js";
import { type RecognizerSettings, readRecognizer } from "../recognition/recognizer.js";
import { recognizerFrom } from "../recognition/settings.js";
import { named, path } from "../settings.js";
import type { Context } from "./command.js";

/** The settings of a control row. */
export const controlSettings = {
  control: z
    .string()
    .optional()
    .describe(
      "name of a processor: a further row has its images perturbed to lower a recognizer's loss with the known labels",
    )
    .meta({ placeholder: "name" }),
  controlRecognizer: path("the recognizer whose loss the control lowers (ONNX)", { placeholder: "file" }).optional(),
  controlCost: z
    .string()
    .optional()
    .describe("dB of PSNR by which the control lowers each image, or the processor whose mean cost is measured first")
    .meta({ placeholder: "dB|name" }),
};

interface ControlChoice extends RecognizerSettings {
  readonly control?: string | undefined;
  readonly controlRecognizer?: string | undefined;
  readonly controlCost?: string | undefined;
  readonly threads?: number | undefined;
}

type Measured = Pick<EvaluateOptions, "dataset" | "task" | "processors"> &
  Partial<Pick<EvaluateOptions, "protocol" | "limit">>;

/**
 * Opens the control that settings choose, and measures its cost if they name a processor.
 * @returns undefined if they choose none.
 * @throws UserError when one of the settings is missing, a processor is unknown, or its images cost no PSNR.
 */
export async function controlFrom(
  settings: ControlChoice,
  measured: Measured,
  { report, signal }: Pick<Context, "report" | "signal">,
): Promise<Control | undefined> {
  const { control: over, controlRecognizer: file, controlCost: cost, threads } = settings;
  const given = [over, file, cost].filter((each) => each !== undefined).length;
  if (given === 0) return undefined;
  if (over === undefined || file === undefined || cost === undefined)
    throw new UserError(
      `a control needs ${named("control")}, ${named("controlRecognizer")} and ${named("controlCost")} together`,
    );
  const stated = Number(cost);
  const isStated = cost.trim() !== "" && Number.isFinite(stated) && stated > 0;
  for (const name of isStated ? [over] : [over, cost])
    if (!measured.processors.some((processor) => processor.name === name))
      throw new UserError(
        `${named(name === over ? "control" : "controlCost")} names "${name}", which is none of the processors: ${measured.processors.map((processor) => processor.name).join(", ") || "none"}`,
      );
  const recognizer = await readRecognizer(file, recognizerFrom(settings), labelSetOf(measured.dataset));
  const decibels = isStated ? stated : await costOf(cost, over, measured, { report, signal });
  const control = new Control(recognizer, { over, cost: decibels, threads });
  report.info(
    `control: ${control.setting.name} perturbs the images of ${over} by ${decibels.toFixed(4)} dB; it uses the labels of the images`,
  );
  return control;
}

/** The mean PSNR of one processor's images minus that of another's, in dB. */
async function costOf(
  name: string,
  over: string,
  { processors, ...measured }: Measured,
  { report, signal }: Pick<Context, "report" | "signal">,
): Promise<number> {
  const chosen = processors.filter((processor) => processor.name === name || processor.name === over);
  const { dataset, limit } = measured;
  const count = Math.min(limit ?? Number.POSITIVE_INFINITY, dataset.items.length);
  const bar = report.progress(count, `measuring the cost of ${name}`);
  const { rows } = await evaluate({
    ...{ ...measured, processors: chosen, judges: [], signal },
    onProgress: (done) => bar.update(done),
  }).finally(() => bar.stop());
  const psnrOf = (wanted: string): number => rows.find(({ processor }) => processor === wanted)?.psnr ?? Number.NaN;
  return psnrOf(over) - psnrOf(name);
}
