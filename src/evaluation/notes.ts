import { markdownText, printable } from "../printable.js";
import type { JudgeColumn } from "./columns.js";
import type { Compared } from "./compared.js";
import type { Evaluation, LabelSetting, Row } from "./evaluation.js";
import type { Correlation } from "./robustness.js";

/** What changes the figures of detectors and segmenters, as a Markdown list: the settings of each judge, then the measures. */
export function judgeNotes({
  rows,
  data,
  detection,
  segmentation,
  label_agreement: agreement,
  judge_settings: settings = {},
  seed,
}: Evaluation): string[] {
  const resamples = detection?.resamples ?? segmentation?.resamples ?? agreement?.resamples;
  const lines = [
    ...Object.entries(settings).map(([judge, stated]) => `${markdownText(judge)}: ${settingsText(stated)}.`),
    ...(detection
      ? [
          `mAP: PASCAL VOC 2007 (11 recalls), IoU ${detection.iou}, mean over the classes of ${detection.objects} objects; ` +
            "difficult objects and crowds are ignored.",
        ]
      : []),
    ...(segmentation ? ["mIoU: mean over the classes that occur; pixels of label 255 are ignored."] : []),
    ...(agreement ? [...agreementNotes(agreement), ...emptyNotes(rows, data.count)] : []),
    ...(resamples === undefined
      ? []
      : [`Their intervals, 95 %: a paired bootstrap over images, ${resamples} resamples, seed ${seed}.`]),
  ];
  return lines.length > 0 ? [lines.map((line) => `- ${line}`).join("\n")] : [];
}

/** What the figures of services mean. */
const agreementNotes = ({ labelled }: LabelSetting): string[] => [
  "agreement: mean Jaccard index of an image's labels and those that the service gives the clean image, in percent; top label kept: " +
    "the first label is that of the clean image. Both compare with the labels of the clean image, which can be wrong: they are " +
    "no accuracy.",
  ...(labelled > 0
    ? [
        `class confidence: mean confidence of the label that names the class, 0 where none does; class found: a label names it. ` +
          `${labelled} images have a class; its synonyms are in the JSON.`,
      ]
    : []),
];

/** A line for each service that gives clean images no label: perhaps its answers are not read where the labels are. */
const emptyNotes = (rows: readonly Row[], count: number): string[] =>
  Object.entries(rows.at(-1)?.services ?? {}).flatMap(([service, { without_labels: empty }]) =>
    empty === 0
      ? []
      : [`${markdownText(service)} gives ${empty} of ${count} clean images no label; two images without labels agree.`],
  );

/** How the row of a control is made, for a person. */
export const controlNotes = ({ control }: Evaluation): string[] =>
  control
    ? [
        `${printable(control.name)}: the images of ${printable(control.over)}, each perturbed along the gradient of ` +
          `${printable(control.recognizer)}'s loss with the known label until its PSNR is ${control.cost_db.toFixed(3)} dB lower. It uses the labels of ` +
          "the images; processors do not.",
      ]
    : [];

/** What the lattice columns are, where an evaluation has them. */
export const latticeNotes = ({ rows }: Evaluation): string[] =>
  rows.some(({ lattice }) => lattice)
    ? ["lattice: spectral power at 1/4 and 1/2 cycles/pixel in both directions over that around it; 1 is no pattern."]
    : [];

/** Which processors were trained with the judges that are marked. */
export function seenNotes({ seen = {} }: Evaluation): string[] {
  const lines = Object.entries(seen).map(([judge, processors]) => `${judge}: ${processors.join(", ")}`);
  return lines.length > 0
    ? [`(R): a processor was trained with it, according to its model card (${printable(lines.join("; "))}).`]
    : [];
}

/** Correlations of PSNR with the figures of judges over the processors, in one line. */
export function correlationNotes({ correlation }: Evaluation): string[] {
  if (!correlation) return [];
  const textOf = (name: string, { pearson, spearman }: Correlation) =>
    `${name} ${coefficient(pearson)}, ${coefficient(spearman)}`;
  const { processors, judges, mean } = correlation;
  const parts = [
    ...Object.entries(judges).map(([judge, found]) => textOf(judge, found)),
    ...(mean ? [textOf("mean", mean)] : []),
  ];
  return [
    `Correlation of PSNR and accuracy over ${processors} processors (Pearson, Spearman): ${printable(parts.join("; "))}.`,
  ];
}

const coefficient = (value: number | null): string => value?.toFixed(2) ?? "–";

/** Settings in one line: "adapter yolo, input 320 x 320, nmsIou 0.45". */
const settingsText = (settings: object): string =>
  Object.entries(settings)
    .map(([key, value]) => `${key} ${markdownText(textOf(value))}`)
    .join(", ");

function textOf(value: unknown): string {
  if (value === null) return "that of the image";
  if (typeof value !== "object") return String(value);
  return Object.values(value).map(textOf).join(" x ");
}

/** A line on the gains that could have been seen, where intervals of detectors or segmenters include 0. */
export function powerNotes(pairs: readonly Compared[], columns: readonly JudgeColumn[]): string[] {
  const unclear = columns.flatMap(({ judge, gainOf }) => {
    const sizes = pairs.flatMap(({ processor, over }) => {
      const size = gainOf(processor, over)?.detectable;
      return size === undefined ? [] : [`${processor} over ${over} ${size.toFixed(1)}`];
    });
    return sizes.length > 0 ? [`${judge}: ${sizes.join(", ")}`] : [];
  });
  return unclear.length === 0
    ? []
    : [
        "Where an interval includes 0, the smallest gain that these images show with 80 % power (points): " +
          `${printable(unclear.join("; "))}.`,
      ];
}
