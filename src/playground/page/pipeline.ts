/// <reference lib="dom" />
import { batch } from "@preact/signals";
import type { BrowserProcessor, Legible, Pixels } from "../../browser/api.js";
import { centerPixels } from "./center-pixels.js";
import { clearHeatMaps } from "./heat-maps.js";
import { loadedProcessor, loadedRecognizer } from "./loaded.js";
import {
  activity,
  balance,
  chosenTask,
  degraded,
  fittingProcessors,
  library,
  messageOf,
  news,
  type OfferedProcessor,
  type Predictions,
  predictions,
  problem,
  recognizers,
  source,
  strength,
  type TaskChoice,
  type Version,
  versions,
} from "./state.js";

/** Stops the work that a newer choice replaces. */
let running: AbortController | undefined;

/** Processes the image as chosen, and has the recognizers judge every version. A later call replaces an earlier one. */
export async function processImage(): Promise<void> {
  running?.abort();
  const legible = library.value;
  const [given, task] = [source.value, chosenTask.value];
  if (!legible || !given || !task) return;
  const control = new AbortController();
  running = control;
  const { signal } = control;
  const cancel = () => {
    control.abort();
    news.value = "Canceled.";
  };
  const show = (text: string, share?: number) => {
    if (!signal.aborted) activity.value = { text, ...(share !== undefined && { share }), cancel };
  };
  batch(() => {
    problem.value = undefined;
    news.value = "";
    clearHeatMaps();
  });
  try {
    const made = await makeVersions(legible, given.pixels, task, { signal, show });
    if (signal.aborted) return;
    batch(() => {
      versions.value = made;
      predictions.value = [];
    });
    await judge(legible, made, { signal, show });
    if (!signal.aborted) news.value = `Result of ${given.name}: ${made.map(({ label }) => label).join(", ")}`;
  } catch (error) {
    if (!signal.aborted) problem.value = messageOf(error);
  } finally {
    if (running === control) activity.value = undefined;
  }
}

interface Run {
  readonly signal: AbortSignal;
  show(text: string, share?: number): void;
}

async function makeVersions(legible: Legible, given: Pixels, choice: TaskChoice, run: Run): Promise<Version[]> {
  const { task, scale } = choice;
  const truth = degraded.value ? centerPixels(given, scale) : undefined;
  run.show("degrading the image");
  const input = truth ? await legible.degrade(truth, task, task === "sr" ? scale : strength.value[task]) : given;
  const made: Version[] = [await measured(legible, "input", input, truth)];
  for (const { label, processor } of await chosenProcessors(legible, run)) {
    if (run.signal.aborted) return made;
    const onProgress = (share: number) => run.show(`processing: ${label}`, share);
    const pixels = await legible.enhance(processor, input, { signal: run.signal, onProgress });
    made.push(await measured(legible, label, pixels, truth));
  }
  return truth ? [...made, { label: "original", pixels: truth }] : made;
}

async function measured(legible: Legible, label: string, pixels: Pixels, truth: Pixels | undefined): Promise<Version> {
  if (truth?.width !== pixels.width || truth.height !== pixels.height) return { label, pixels };
  return { label, pixels, quality: await legible.quality(pixels, truth) };
}

interface LabeledProcessor {
  readonly label: string;
  readonly processor: BrowserProcessor;
}

/** Weights between those of plain and ra, which the balance selected last. */
let interpolated: { readonly key: string; readonly processor: BrowserProcessor } | undefined;

/** The plain processor, the one of the balance, and the visitor's own. */
async function chosenProcessors(legible: Legible, { show }: Pick<Run, "show">): Promise<LabeledProcessor[]> {
  const offered = fittingProcessors.value;
  const load = (each: OfferedProcessor) => loadedProcessor(legible, each, show);
  const [plain, ra] = (["plain", "ra"] as const).map((objective) =>
    offered.find((each) => each.size !== undefined && each.objective === objective),
  );
  const found: LabeledProcessor[] = [];
  if (plain) found.push({ label: "plain", processor: await load(plain) });
  if (ra && balance.value === 1) found.push({ label: "RA", processor: await load(ra) });
  if (plain && ra && balance.value > 0 && balance.value < 1)
    found.push({
      label: `balance ${balance.value}`,
      processor: await between(legible, await load(plain), await load(ra)),
    });
  for (const own of offered.filter(({ size }) => size === undefined))
    found.push({ label: own.name, processor: await load(own) });
  return found;
}

async function between(legible: Legible, plain: BrowserProcessor, ra: BrowserProcessor): Promise<BrowserProcessor> {
  const key = `${ra.name} ${balance.value}`;
  if (interpolated?.key === key) return interpolated.processor;
  if (interpolated) legible.release(interpolated.processor);
  interpolated = { key, processor: await legible.interpolate(plain, ra, balance.value) };
  return interpolated.processor;
}

/** Has each recognizer judge every version; a recognizer that fails is named, the others go on. */
async function judge(legible: Legible, made: readonly Version[], { signal, show }: Run): Promise<void> {
  for (const offered of recognizers.value) {
    if (signal.aborted) return;
    show(`recognizing with ${offered.name}`);
    try {
      const recognizer = await loadedRecognizer(legible, offered, show);
      const ranked: Predictions["ranked"][number][] = [];
      for (const { pixels } of made) ranked.push(await legible.recognize(recognizer, pixels, { signal }));
      if (!signal.aborted) predictions.value = [...predictions.value, { recognizer, ranked }];
    } catch (error) {
      if (!signal.aborted) problem.value = messageOf(error);
    }
  }
}
