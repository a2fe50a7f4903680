import type { Annotation } from "../data/annotation.js";
import type { Dataset } from "../data/dataset.js";
import { type Item, titleOf } from "../data/item.js";
import type { AnnotationKind } from "../data/sources/source.js";
import { UserError } from "../errors.js";
import type { Objective, OutputKind } from "../objectives/objective.js";
import { requireClasses } from "../recognition/classes.js";
import { readOutputKind } from "../recognition/frozen.js";
import { recognizerFrom } from "../recognition/settings.js";
import type { TrainingRecognizer } from "./frozen-recognizers.js";
import type { ParsedTrainingSettings } from "./settings.js";

/** The annotations that the loss of each kind of recognizer reads. Raw heads have no such loss; their message is another. */
const annotationOf: Readonly<Record<OutputKind, AnnotationKind>> = {
  scores: "classes",
  heads: "classes",
  positions: "label-maps",
  grid: "boxes",
};

const titles = { classes: "the class of each image", "label-maps": "label maps", boxes: "boxes" } as const;

/**
 * The annotations of the images that an objective with labels reads: classes for classifiers, label maps for segmenters, boxes
 * for grid detectors.
 * @throws UserError when a recognizer cannot be read, or the recognizers need different annotations.
 */
export async function requiredAnnotations(
  { needsLabels }: Objective,
  settings: Pick<ParsedTrainingSettings, "recognizer"> & Parameters<typeof recognizerFrom>[0],
): Promise<AnnotationKind | "none"> {
  if (!needsLabels) return "none";
  const needed = new Map<AnnotationKind, string>();
  for (const { file } of settings.recognizer ?? [])
    needed.set(annotationOf[await readOutputKind(file, recognizerFrom(settings))], file);
  const [first = ["classes"], second] = needed;
  if (!second) return first[0] as AnnotationKind;
  throw new UserError(
    `cannot train with these recognizers together: ${first[1]} needs ${titles[first[0] as AnnotationKind]}, and ${second[1]} ` +
      `needs ${titles[second[0]]}; an objective with labels reads one kind`,
  );
}

/** @throws UserError when a recognizer cannot predict the annotation of an image: its loss would be meaningless. */
export function requireLabels(recognizers: readonly TrainingRecognizer[], dataset: Dataset): void {
  for (const { model, graph, kind } of recognizers) {
    const classes = Number(graph.outputs[0]?.shape?.[1]);
    if (kind === "scores") requireClasses({ ...model, classes }, dataset.items, "train with");
    if (kind === "grid") requireBoxes({ ...model, classes }, dataset);
    if (kind === "positions") requireKind("label-map", model.name, dataset.items);
  }
}

interface Detector {
  readonly name: string;
  readonly classes: number;
  readonly classNames?: readonly string[];
}

/** @throws UserError when an image has no boxes, or an object is of a class that the detector does not have. */
function requireBoxes({ name, classes, classNames }: Detector, { items, classes: names }: Dataset): void {
  requireKind("boxes", name, items);
  const labels = new Set(
    items.flatMap(({ annotation }) => (annotation.kind === "boxes" ? annotation.boxes : [])).map((box) => box.class),
  );
  for (const label of labels) {
    const [title, own] = [names?.[label], classNames?.[label]];
    if (label < classes && (title === undefined || classNames === undefined || title === own)) continue;
    const ownTitle = label < classes ? `"${own}" of ${name}` : `unknown to ${name}, which has ${classes} classes`;
    throw new UserError(
      `cannot train with ${name}: class ${label} of the data${title === undefined ? "" : `, "${title}",`} is ${ownTitle}; ` +
        "give data with the classes that it was trained on, or train a detector on these data",
    );
  }
}

function requireKind(kind: Annotation["kind"], name: string, items: readonly Item[]): void {
  const bare = items.find(({ annotation }) => annotation.kind !== kind);
  if (!bare) return;
  const what = kind === "boxes" ? "boxes" : "label map";
  throw new UserError(`cannot train with ${name} on ${titleOf(bare)}: the image has no ${what}`);
}
