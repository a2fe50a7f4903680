import { classOf } from "../data/annotation.js";
import type { Dataset } from "../data/dataset.js";
import { UserError } from "../errors.js";
import type { Graph } from "../onnx/graph.js";
import { rowOf, suggestion } from "./file-outputs.js";
import { scoresShape } from "./fit.js";
import type { RecognizerModel, RecognizerSource } from "./model.js";

/** The labels that a recognizer has to predict. */
export interface LabelSet {
  /** Number of classes that the data define, or 1 more than the largest label. */
  readonly classes: number;
  /** Whether the data name their classes. */
  readonly areNamed: boolean;
  /** The names of the classes, if the data define them. */
  readonly names?: readonly string[];
  /** Whether the data define no further classes. */
  readonly isComplete: boolean;
}

/**
 * The labels of a data set: the classes that its layout names or, with numbers alone, those of the images. Numbers are
 * complete if they leave none out and the images are not a selection.
 */
export function labelSetOf({ classes, items, selection }: Dataset): LabelSet {
  if (classes) return { classes: classes.length, areNamed: true, names: classes, isComplete: true };
  const labels = new Set(items.map(classOf).filter((label) => label !== null));
  const count = [...labels].reduce((most, label) => Math.max(most, label + 1), 0);
  return { classes: count, areNamed: false, isComplete: selection === undefined && labels.size === count };
}

/** Classes of ImageNet-1k. Networks that were trained on it with a background class first have one output more. */
const IMAGENET = 1000;

/**
 * Builds a recognizer whose class 0 is that of the labels. If nothing states which output that is, a recognizer with one
 * output more than the labels have classes has a background class first, as has one with 1001 outputs for unnamed classes
 * below 1000. Its notes state that, and warn of a number of outputs that cannot be that of the labels.
 * @param file the graph of the file, with all outputs.
 * @param build builds the recognizer with these properties.
 * @throws UserError when the recognizer does not run, or its sidecar gives a class of the labels another number.
 */
export async function matchClasses<Model extends RecognizerModel>(
  file: Graph,
  source: RecognizerSource,
  labels: LabelSet | undefined,
  build: (source: RecognizerSource) => Model | Promise<Model>,
): Promise<Model> {
  const plain = await build(source);
  if (!labels || labels.classes < 2) return completed(plain, file);
  requireSameNumbers(plain, labels);
  const outputs = await outputCount(plain);
  if (source.classOffset !== undefined)
    return completed(plain, file, mismatch(plain, file, outputs - source.classOffset, labels));
  const isImagenet = outputs === IMAGENET + 1 && labels.classes <= IMAGENET && !labels.areNamed;
  if (!isImagenet && !(labels.isComplete && outputs === labels.classes + 1))
    return completed(plain, file, mismatch(plain, file, outputs, labels));
  const note =
    `it has ${outputs} outputs for ${isImagenet ? IMAGENET : labels.classes} classes: the first is taken as a background ` +
    "class and left out; `classOffset` 0 keeps it as class 0";
  return completed(await build({ ...source, classOffset: 1 }), file, [note]);
}

/** @throws UserError when a class has one number in the labels and another in the recognizer. */
function requireSameNumbers(
  { name, classNames = [], classOffset = 0 }: RecognizerModel,
  { names = [] }: LabelSet,
): void {
  for (const [label, title] of names.entries()) {
    const known = classNames.indexOf(title) - classOffset;
    if (known < 0 || known === label || classNames[label + classOffset] === title) continue;
    throw new UserError(
      `cannot use ${name} with these labels: "${title}" is class ${label} of the labels and class ${known} of ${name}; ` +
        "list the numbers of the recognizer in labels.csv, or give data with all of its classes",
    );
  }
}

/** A recognizer with notes and with the other outputs of its file, for messages. */
function completed<Model extends RecognizerModel>(model: Model, file: Graph, notes: readonly string[] = []): Model {
  const graph = { ...model.graph, notes: [...(model.graph.notes ?? []), ...notes] };
  return { ...model, graph, fileOutputs: file.outputs };
}

/** Number of outputs of a recognizer: as its file declares, otherwise as a run on one image shows. */
async function outputCount(model: RecognizerModel): Promise<number> {
  const declared = rowOf(model.sources[0]?.shape ?? []);
  return declared ?? (await scoresShape(model)).slice(1).reduce((product, size) => product * size, 1);
}

/** A note on a number of classes that is not that of the labels; fewer classes than labels are an error elsewhere. */
function mismatch({ name }: RecognizerModel, file: Graph, classes: number, labels: LabelSet): string[] {
  if (classes === labels.classes) return [];
  if (labels.isComplete) {
    const better =
      suggestion(file.outputs, (numbers) => numbers === labels.classes) ||
      "; `classOffset` is the number of outputs before class 0, such as that of a background class";
    return [
      `it has ${classes} classes, and the labels have ${labels.classes}: results are right only if class k of the labels is class k of ${name}${better}`,
    ];
  }
  const question = `it has ${classes} classes, and the largest label is ${labels.classes - 1}`;
  return classes === labels.classes + 1
    ? [`${question}: set \`classOffset\` to 1 if its first output is a background class`]
    : [];
}
