import { z } from "zod";
import { classOf } from "../data/annotation.js";
import { fingerprintOf } from "../data/fingerprint.js";
import { type LabelledSets, openLabelledSets } from "../data/labelled-sets.js";
import { openRecognitionLoader } from "../data/loader.js";
import { dataSettings, selectionFrom } from "../data/settings.js";
import { buildRecognizer } from "../networks/recognizers/index.js";
import type { Graph } from "../onnx/graph.js";
import { float32 } from "../onnx/tensor.js";
import { writeModel } from "../platform/node/models.js";
import type { Device } from "../runtime/session.js";
import { parseSettings, paths, positiveInteger, positiveNumber, seed, sideLength } from "../settings.js";
import { type HeldOutAccuracy, heldOutAccuracy } from "./held-out-accuracy.js";
import { recognizerForward, sideOf } from "./recognizer-forward.js";
import { RunFolder } from "./run-folder.js";
import { trainFromScratch } from "./scratch.js";
import { withState } from "./step.js";
import type { RunOptions } from "./train.js";

/** The settings that determine the result of a recognizer's training. */
export const recognizerSettings = z.object({
  ...dataSettings("training images", "train"),
  network: z.string().default("resnet").describe("the network to train").meta({ placeholder: "name" }),
  validation: paths("held-out images to measure its accuracy; may be repeated (with split: the other part)").optional(),
  size: sideLength().default(64).describe("side of the recognizer's input in pixels").meta({ placeholder: "pixels" }),
  steps: positiveInteger().describe("optimizer steps").meta({ placeholder: "n" }),
  batch: positiveInteger(65536).default(32).describe("batch size: images per step").meta({ placeholder: "n" }),
  lr: positiveNumber()
    .default(1e-3)
    .describe("peak learning rate of Adam, with cosine decay")
    .meta({ placeholder: "x" }),
  smoothing: z
    .number()
    .min(0, "must be 0 or more and below 1")
    .lt(1, "must be 0 or more and below 1")
    .default(0)
    .describe("label smoothing: share of each label that is spread over all classes")
    .meta({ placeholder: "share" }),
  crop: z
    .number()
    .min(0.05, "must be from 0.05 to 1")
    .max(1, "must be from 0.05 to 1")
    .default(0.6)
    .describe("smallest side of the random square crop, as a share of the image's shorter side")
    .meta({ placeholder: "share" }),
  flip: z.boolean().default(true).describe("flip images horizontally with probability 1/2"),
  color: z
    .number()
    .min(0, "must be from 0 to 1")
    .max(1, "must be from 0 to 1")
    .default(0.2)
    .describe("largest relative change of brightness, contrast and saturation")
    .meta({ placeholder: "share" }),
  seed: seed("random seed"),
});

/** Settings before defaults are filled in. */
export type RecognizerTrainingSettings = z.input<typeof recognizerSettings>;

/** Settings and run options. Images may be an object instead of settings. */
export type RecognizerTraining = Partial<RecognizerTrainingSettings> &
  Omit<RunOptions, "onStart"> & {
    /** Opened images. */
    readonly sets?: LabelledSets;
    readonly onStart?: (start: RecognizerStart) => void;
  };

export interface RecognizerStart {
  readonly device: Device;
  /** Steps that were completed before this call. */
  readonly step: number;
  /** Trained values. */
  readonly parameters: number;
  readonly network: string;
  /** Side of the input in pixels. */
  readonly size: number;
  readonly steps: number;
  readonly batch: number;
  readonly sets: LabelledSets;
}

/** The files and the final state of a recognizer's training. */
export interface RecognizerResult {
  /** Completed steps; fewer than `steps` if the run was interrupted. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** The file of the trained recognizer; null if the run was interrupted. */
  readonly model: string | null;
  /** Held-out accuracy; null if the run was interrupted or no images were held out. */
  readonly accuracy: HeldOutAccuracy | null;
  /** Images that could not be read, with the reason: of the training, and held-out ones. */
  readonly broken: ReadonlyMap<string, string>;
  /** Training images that were decoded although their file is flawed, with the flaw. */
  readonly flawed: ReadonlyMap<string, string>;
}

/**
 * Trains a classifier from scratch by cross-entropy and writes `model.onnx` to the run's folder, with its sidecar. The same
 * settings give the same weights, however often the run was interrupted and resumed. With `resume`, settings that are not
 * given are those of the run in the folder.
 * @throws UserError when a setting or an image does not fit, or a resumed run would have another result.
 */
export async function trainRecognizer(options: RecognizerTraining): Promise<RecognizerResult> {
  const { out, resume = false, sets: open, ...others } = options;
  const { signal, checkpointEvery, device, threads, onStep, onStart, ...given } = others;
  await RunFolder.requireUsable(out, resume);
  const named = { ...given, ...(open && { data: [...open.training.folders] }) };
  const earlier = resume ? await RunFolder.settingsIn(out, "recognizer", named) : undefined;
  const settings = { ...earlier, ...named };
  const parsed = parseSettings(recognizerSettings, settings, "train the recognizer");
  const sets = open ?? (await openSets(parsed));
  const record = { kind: "recognizer", settings, config: configOf(parsed, sets) } as const;
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
  sets: LabelledSets,
  options: RecognizerTraining,
): Promise<RecognizerResult> {
  const { onStart } = options;
  const { size, batch, seed, steps, lr, crop, flip, color } = parsed;
  const network = buildRecognizer(parsed.network, sets.classes, size, seed);
  const augmentation = { crop, flip, color };
  const about = { network: parsed.network, size, steps, batch, sets };
  const { step, state, remarks } = await trainFromScratch(
    {
      ...{ folder, steps, lr, forward: recognizerForward(network, batch, parsed.smoothing) },
      open: (from) => openRecognitionLoader({ dataset: sets.training, size, augmentation, batch, seed, ...from }),
      feeds: ({ images, labels }) => ({
        image: float32(images.image, [batch, 3, size, size]),
        labels: { type: "int64", shape: [batch], data: labels },
      }),
      onStart: (start) => onStart?.({ ...start, ...about }),
    },
    options,
  );
  const { broken, flawed } = remarks;
  if (step < steps) return { step, steps, model: null, accuracy: null, broken, flawed };
  const trained = withState(network, state);
  const judged = sets.heldOut && (await heldOutAccuracy(trained, sets.heldOut, options));
  const accuracy = judged?.accuracy ?? null;
  await write(trained, folder, { names: sets.names, learned: learnedOf(sets), accuracy });
  return {
    step,
    steps,
    model: folder.modelPath,
    accuracy,
    broken: new Map([...broken, ...(judged?.broken ?? [])]),
    flawed,
  };
}

type Parsed = z.output<typeof recognizerSettings>;

const openSets = (parsed: Parsed): Promise<LabelledSets> =>
  openLabelledSets(parsed.data, { validation: parsed.validation ?? [], selection: selectionFrom(parsed, "train") });

/** Everything that determines the result. The held-out images determine the accuracy in the sidecar. */
function configOf(
  { network, size, batch, seed, steps, lr, smoothing, crop, flip, color }: Parsed,
  { training, heldOut, classes }: LabelledSets,
) {
  const images = { data: fingerprintOf(training), validation: heldOut && fingerprintOf(heldOut) };
  return { network, ...images, classes, size, steps, batch, lr, seed, smoothing, crop, flip, color };
}

/** The classes of the training images if these are not all classes; otherwise null. */
function learnedOf({ training, classes }: LabelledSets): number[] | null {
  const learned = new Set(training.items.flatMap((item) => classOf(item) ?? []));
  return learned.size < classes ? [...learned].sort((a, b) => a - b) : null;
}

interface Facts {
  readonly names: readonly string[] | null;
  readonly learned: readonly number[] | null;
  readonly accuracy: HeldOutAccuracy | null;
}

/** Writes a recognizer, then its sidecar. If the sidecar exists, both files are complete. */
async function write(network: Graph, folder: RunFolder, { names, learned, accuracy }: Facts): Promise<void> {
  await writeModel(network, folder.modelPath);
  const sidecar = {
    input: { size: sideOf(network), mean: [0, 0, 0], std: [1, 1, 1] },
    ...(names && { classes: names }),
    ...(learned && { learned }),
    ...(accuracy && { accuracy }),
  };
  await folder.writeSidecar(`${JSON.stringify(sidecar, null, 2)}\n`);
}
