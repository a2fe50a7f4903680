import { z } from "zod";
import { UserError } from "../errors.js";
import { openProcessor } from "../processors/open.js";
import { audiences, openPackagedProcessor, packagedSizes, packagedTasks } from "../processors/packaged.js";
import type { Processor } from "../processors/processor.js";
import type { SessionOptions } from "../runtime/session.js";
import { named, path, positiveInteger } from "../settings.js";

/** The settings that choose a packaged processor, or a file. */
export const processorSettings = {
  task: z
    .enum(packagedTasks)
    .optional()
    .describe(
      "what is restored: sr enlarges, denoise and jpeg remove noise and blocks, all does several (default: sr)",
    ),
  scale: positiveInteger()
    .optional()
    .describe("factor of sr, 2 or 4 (default: 4); with a model of your own: fail unless its scale is n"),
  size: z.enum(packagedSizes).optional().describe("s is faster, m better (default: m)"),
  for: z
    .enum(audiences)
    .optional()
    .describe(
      "whom the result is made for: people (objective plain), machines (ra) or both, halfway between them (default: machines)",
    ),
  balance: z
    .number("must be a number")
    .min(0, "must be 0 or more")
    .max(1, "must be at most 1")
    .optional()
    .describe("weights between those of plain (0) and ra (1), instead of for")
    .meta({ placeholder: "x" }),
  model: path("a processor of your own, an ONNX file, instead of a packaged one", { placeholder: "file" }).optional(),
};

/** What they choose. */
export type ProcessorChoice = z.output<z.ZodObject<typeof processorSettings>>;

/**
 * Opens the processor that settings choose.
 * @throws UserError when they contradict each other, or there is no such processor.
 */
export async function chosenProcessor(
  { model, ...choice }: ProcessorChoice,
  options: SessionOptions,
): Promise<Processor> {
  const { scale: wanted, ...others } = choice;
  if (model === undefined) return openPackagedProcessor(choice, options);
  const [conflict] = Object.entries(others).filter(([, value]) => value !== undefined);
  if (conflict)
    throw new UserError(`${named("model")} and ${named(conflict[0])} cannot both be set: a file is chosen already`);
  const processor = await openProcessor(model, options);
  const { scale } = await processor.geometry();
  if (wanted !== undefined && wanted !== scale)
    throw new UserError(`${named("scale")} ${wanted} does not fit ${model}: its scale is ${scale}`);
  return processor;
}

/** The file of a processor, or its name if its weights are in no file. */
export const titleOf = ({ file, name }: Processor): string => file ?? name;
