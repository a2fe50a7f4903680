/// <reference lib="dom" />
import { signal } from "@preact/signals";
import type { BrowserProcessor, Pixels, TrainedInBrowser, TrainingStepReport } from "../../browser/api.js";
import { centerPixels } from "./center-pixels.js";
import { loadedProcessor, loadedRecognizer } from "./loaded.js";
import {
  chosenTask,
  fittingProcessors,
  library,
  messageOf,
  type OfferedRecognizer,
  problem,
  processors,
  strength,
} from "./state.js";

/** An image to train on. */
export interface TrainingImage {
  readonly name: string;
  readonly pixels: Pixels;
}

/** What a training is started with. */
export interface TuningSettings {
  readonly recognizer: OfferedRecognizer;
  readonly steps: number;
  readonly lr: number;
  readonly lambda: number;
  /** Side of the clean crops in pixels. */
  readonly crop: number;
}

/** The result of a training: the first image before and after, and the file. */
export interface TuningResult extends Pick<TrainedInBrowser, "file" | "card"> {
  readonly name: string;
  readonly input: Pixels;
  readonly before: Pixels;
  readonly after: Pixels;
  readonly truth: Pixels;
}

export const trainingImages = signal<readonly TrainingImage[]>([]);
export const steps = signal<readonly TrainingStepReport[]>([]);
export const result = signal<TuningResult | undefined>(undefined);
/** The running training: when it began, in milliseconds of `performance.now`, and what stops it. */
export const training = signal<{ readonly since: number; readonly control: AbortController } | undefined>(undefined);

/** What happens before the first step and after the last. */
export const stage = signal("");
/** Whether the last training was canceled. */
export const canceled = signal(false);

/** Completed trainings, which number the names of their processors. */
let trainings = 0;

/** Adds images to train on. @returns when all are read; an unreadable one is named and left out. */
export async function addTrainingImages(files: readonly (readonly [name: string, file: Blob])[]): Promise<void> {
  for (const [name, file] of files)
    try {
      const pixels = await library.value?.decode(file);
      if (pixels) trainingImages.value = [...trainingImages.value, { name, pixels }];
    } catch (error) {
      problem.value = `${name}: ${messageOf(error)}`;
    }
}

/** Fine-tunes the processor for machines of the chosen task, without labels. */
export async function fineTune({ recognizer, ...settings }: TuningSettings): Promise<void> {
  const [legible, choice] = [library.value, chosenTask.value];
  const offered = fittingProcessors.value.find(({ objective }) => objective === "ra") ?? fittingProcessors.value[0];
  if (!legible || !choice || !offered) return;
  const control = new AbortController();
  training.value = { since: performance.now(), control };
  [steps.value, result.value, problem.value, canceled.value] = [[], undefined, undefined, false];
  const show = (text: string) => {
    stage.value = text;
  };
  try {
    const processor = await loadedProcessor(legible, offered, show);
    const judge = await loadedRecognizer(legible, recognizer, show);
    show("preparing the training");
    const images = trainingImages.value.map(({ pixels }) => pixels);
    const level = strength.value[choice.task];
    const trained = await legible.train(
      {
        ...{ processor, images, task: choice.task, ...settings },
        recognizer: judge,
        ...(choice.task !== "sr" && { strength: [level, level] as const }),
      },
      {
        signal: control.signal,
        onStep: (report) => {
          steps.value = [...steps.value, report];
        },
      },
    );
    show("comparing before and after");
    await compare(processor, trained, `tuned-${++trainings}`, control.signal);
  } catch (error) {
    canceled.value = control.signal.aborted;
    if (!control.signal.aborted) problem.value = messageOf(error);
  } finally {
    training.value = undefined;
    stage.value = "";
  }
}

/** Processes the first image before and after, and offers the trained processor. */
async function compare(
  processor: BrowserProcessor,
  trained: TrainedInBrowser,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const [legible, choice, first] = [library.value, chosenTask.value, trainingImages.value[0]];
  if (!legible || !choice || !first) return;
  const { task, scale } = choice;
  const truth = centerPixels(first.pixels, scale);
  const input = await legible.degrade(truth, task, task === "sr" ? scale : strength.value[task]);
  const before = await legible.enhance(processor, input, { signal });
  const after = await legible.enhance(trained.processor, input, { signal });
  legible.release(trained.processor);
  result.value = { ...{ name, input, before, after, truth }, file: trained.file, card: trained.card };
  const offered = { name, task, scale, objective: "ra" as const, source: trained.file, card: trained.card };
  processors.value = [...processors.value, offered];
}
