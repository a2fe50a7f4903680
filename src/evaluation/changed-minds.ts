import type { Dataset } from "../data/dataset.js";
import { readItem } from "../data/item.js";
import { type EvaluationSample, evaluationSample } from "../data/samples.js";
import type { Task } from "../data/task.js";
import type { Image } from "../images/image.js";
import { toPlanar } from "../images/planar.js";
import { resize } from "../images/resize.js";
import type { Processor } from "../processors/processor.js";
import { randomAt } from "../random.js";
import type { Recognizer } from "../recognition/recognizer.js";

/** A picture that at least one recognizer reads wrongly as one processor restores it, and rightly as another does. */
export interface ChangedMind extends EvaluationSample {
  readonly label: number;
  readonly before: Image;
  readonly after: Image;
  /** The class that each recognizer sees, in their order. */
  readonly seenBefore: readonly number[];
  readonly seenAfter: readonly number[];
}

export interface ChangedMindsOptions {
  dataset: Dataset;
  task: Task;
  before: Processor;
  after: Processor;
  recognizers: readonly Recognizer[];
  /** At most so many pictures, each of another class. */
  count: number;
}

/** The pictures about which the most recognizers changed their mind for the better; of equal ones the earlier. */
export async function changedMinds({ dataset, count, ...judges }: ChangedMindsOptions): Promise<ChangedMind[]> {
  const found: ChangedMind[] = [];
  for (const [i, item] of dataset.items.entries()) {
    if (item.label === null) continue;
    const sample = await evaluationSample(await readItem(item), judges.task, randomAt(0, i));
    const judged = await judge(sample, item.label, judges);
    if (changes(judged) > 0) found.push(judged);
  }
  found.sort((a, b) => changes(b) - changes(a));
  return found.filter(({ label }, i) => found.findIndex((other) => other.label === label) === i).slice(0, count);
}

async function judge(
  sample: EvaluationSample,
  label: number,
  { task, before, after, recognizers }: Omit<ChangedMindsOptions, "dataset" | "count">,
): Promise<ChangedMind> {
  const [first] = await before.restore([sample.degraded], task);
  const [second] = await after.restore([sample.degraded], task);
  const pictures = { before: first as Image, after: second as Image };
  const seenBefore = await Promise.all(recognizers.map((recognizer) => classSeen(recognizer, pictures.before)));
  const seenAfter = await Promise.all(recognizers.map((recognizer) => classSeen(recognizer, pictures.after)));
  return { ...sample, ...pictures, label, seenBefore, seenAfter };
}

async function classSeen(recognizer: Recognizer, image: Image): Promise<number> {
  const { size } = recognizer;
  const input = new Float32Array(3 * size * size);
  toPlanar(resize(image, size, size, "bilinear"), input, 0);
  const logits = await recognizer.logits(input, 1);
  return logits.indexOf(Math.max(...logits));
}

/** How many recognizers come to see the true class, less those that no longer see it. */
const changes = ({ label, seenBefore, seenAfter }: ChangedMind): number =>
  right(seenAfter, label) - right(seenBefore, label);

const right = (seen: readonly number[], label: number): number => seen.filter((each) => each === label).length;
