import { z } from "zod";
import { fingerprintOf } from "../data/fingerprint.js";
import { openRecognitionLoader } from "../data/loader.js";
import { dataSettings, selectionFrom } from "../data/settings.js";
import { UserError } from "../errors.js";
import { DETECTIONS, MULTIPLE, STRIDE } from "../networks/detectors/detector.js";
import { buildDetector, detectorNetworks } from "../networks/detectors/index.js";
import type { Graph } from "../onnx/graph.js";
import { float32 } from "../onnx/tensor.js";
import { writeModel } from "../platform/node/models.js";
import type { Tensors } from "../runtime/session.js";
import { named, parseSettings, paths } from "../settings.js";
import { type DetectionSets, openDetectionSets } from "./detection-sets.js";
import { detectionTargets } from "./detection-targets.js";
import { detectorForward, TARGETS } from "./detector-forward.js";
import { type HeldOutPrecision, heldOutPrecision } from "./held-out-precision.js";
import { RunFolder } from "./run-folder.js";
import { type ScratchStart, trainFromScratch } from "./scratch.js";
import { withState } from "./step.js";
import type { RunOptions } from "./train.js";
import { recognizerSettings } from "./train-recognizer.js";

const { classes: _, ...imageSettings } = dataSettings("training images with boxes", "train");
const { steps, batch, lr, crop, flip, color, seed } = recognizerSettings.shape;

/** The settings that determine the result of a detector's training. */
export const detectorTrainingSettings = z.object({
  ...imageSettings,
  network: z
    .string()
    .default(detectorNetworks[0]?.name ?? "")
    .describe("the network to train")
    .meta({ placeholder: "name" }),
  validation: paths("held-out images to measure its mAP; may be repeated (with split: the other part)").optional(),
  size: recognizerSettings.shape.size
    .unwrap()
    .default(128)
    .describe(`side of the detector's input in pixels, a multiple of ${MULTIPLE}`)
    .meta({ placeholder: "pixels" }),
  ...{ steps, batch, lr, crop, flip, color, seed },
});

/** Settings before defaults are filled in. */
export type DetectorTrainingSettings = z.input<typeof detectorTrainingSettings>;
type Parsed = z.output<typeof detectorTrainingSettings>;

/** Settings and run options. */
export type DetectorTraining = Partial<DetectorTrainingSettings> &
  Omit<RunOptions, "onStart"> & { readonly onStart?: (start: DetectorStart) => void };

/** What is known when a detector's training starts. */
export interface DetectorStart extends ScratchStart {
  readonly network: string;
  /** Side of the input in pixels. */
  readonly size: number;
  readonly steps: number;
  readonly batch: number;
  readonly sets: DetectionSets;
}

/** The files and the final state of a detector's training. */
export interface DetectorResult {
  /** Completed steps; fewer than `steps` if the run was interrupted. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** The file of the trained detector; null if the run was interrupted. */
  readonly model: string | null;
  /** Held-out precision; null if the run was interrupted or no images were held out. */
  readonly precision: HeldOutPrecision | null;
  /** Images that could not be read, with the reason: of the training, and held-out ones. */
  readonly broken: ReadonlyMap<string, string>;
  /** Training images that were decoded although their file is flawed, with the flaw. */
  readonly flawed: ReadonlyMap<string, string>;
}

/**
 * Trains an anchor-free grid detector from scratch by `detectionLoss` and writes `model.onnx` to the run's folder, with its
 * sidecar. The same settings give the same weights, however often the run was interrupted and resumed. With `resume`,
 * settings that are not given are those of the run in the folder.
 * @example
 * await trainDetector({ data: ["VOCdevkit/VOC2007"], size: 320, steps: 20000, out: "runs/detector" });
 * @throws UserError when a setting or an image does not fit, or a resumed run would have another result.
 */
export async function trainDetector(options: DetectorTraining): Promise<DetectorResult> {
  const { out, resume = false, signal, checkpointEvery, device, threads, onStep, onStart, ...given } = options;
  await RunFolder.requireUsable(out, resume);
  const earlier = resume ? await RunFolder.settingsIn(out, "detector", given) : undefined;
  const settings = { ...earlier, ...given };
  const parsed = parseSettings(detectorTrainingSettings, settings, "train the detector");
  if (parsed.size % MULTIPLE)
    throw new UserError(
      `cannot train the detector: ${named("size")} must be a multiple of ${MULTIPLE}, and is ${parsed.size}`,
    );
  const selection = selectionFrom(parsed, "train");
  const sets = await openDetectionSets(parsed.data, { validation: parsed.validation ?? [], selection });
  const record = { kind: "detector", settings, config: configOf(parsed, sets) } as const;
  const folder = await RunFolder.open(out, record, resume);
  try {
    return await runIn(folder, parsed, sets, options);
  } finally {
    await folder.close();
  }
}

async function runIn(
  folder: RunFolder,
  parsed: Parsed,
  sets: DetectionSets,
  options: DetectorTraining,
): Promise<DetectorResult> {
  const { size, batch, seed, steps, lr, crop, flip, color } = parsed;
  const { names, training: dataset, heldOut } = sets;
  const network = buildDetector(parsed.network, names.length, seed);
  const augmentation = { crop, flip, color };
  const grid = { classes: names.length, cells: size / STRIDE, side: size };
  const { step, state, remarks } = await trainFromScratch(
    {
      ...{ folder, steps, lr, forward: detectorForward(network, batch, size, names.length) },
      open: (from) => openRecognitionLoader({ dataset, size, augmentation, batch, seed, ...from }),
      feeds({ images, boxes }): Tensors {
        const { heatmap, box, weight } = detectionTargets(boxes, grid);
        const targets = { [TARGETS.heatmap]: heatmap, [TARGETS.box]: box, [TARGETS.weight]: weight };
        return { image: float32(images.image, [batch, 3, size, size]), ...targets };
      },
      onStart: (start) => options.onStart?.({ ...start, network: parsed.network, size, steps, batch, sets }),
    },
    options,
  );
  const { broken, flawed } = remarks;
  if (step < steps) return { step, steps, model: null, precision: null, broken, flawed };
  await write(withState(network, state), folder, { size, names });
  if (!heldOut) return { step, steps, model: folder.modelPath, precision: null, broken, flawed };
  const judged = await heldOutPrecision(folder.modelPath, heldOut, options);
  await writeSidecar(folder, { size, names, precision: judged.precision });
  const all = new Map([...broken, ...judged.broken]);
  return { step, steps, model: folder.modelPath, precision: judged.precision, broken: all, flawed };
}

/** Everything that determines the result. The held-out images determine the precision in the sidecar. */
function configOf(parsed: Parsed, { training, heldOut, names }: DetectionSets) {
  const { network, size, steps, batch, lr, seed, crop, flip, color } = parsed;
  const images = { data: fingerprintOf(training), validation: heldOut && fingerprintOf(heldOut) };
  return { network, ...images, classes: names, size, steps, batch, lr, seed, crop, flip, color };
}

interface Facts {
  readonly size: number;
  readonly names: readonly string[];
  readonly precision?: HeldOutPrecision;
}

/** Writes a detector, then its sidecar. */
async function write(network: Graph, folder: RunFolder, facts: Facts): Promise<void> {
  await writeModel(network, folder.modelPath);
  await writeSidecar(folder, facts);
}

function writeSidecar(folder: RunFolder, { size, names, precision }: Facts): Promise<void> {
  const sidecar = {
    input: { size, mean: [0, 0, 0], std: [1, 1, 1], layout: "NCHW", channels: "RGB", resize: "stretch" },
    classes: names,
    detector: {
      ...{ adapter: "grid", outputs: [DETECTIONS], boxes: "cxcywh", units: "pixels" },
      ...{ objectness: false, activation: "none", resize: "stretch" },
    },
    ...(precision && { precision }),
  };
  return folder.writeSidecar(`${JSON.stringify(sidecar, null, 2)}\n`);
}
