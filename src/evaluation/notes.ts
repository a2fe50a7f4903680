import { markdownText, printable } from "../printable.js";
import type { JudgeColumn } from "./columns.js";
import type { Evaluation } from "./evaluation.js";

/** What changes the figures of detectors and segmenters, as a Markdown list: the settings of each judge, then the measures. */
export function judgeNotes({ detection, segmentation, judge_settings: settings = {}, seed }: Evaluation): string[] {
  const resamples = detection?.resamples ?? segmentation?.resamples;
  const lines = [
    ...Object.entries(settings).map(([judge, stated]) => `${markdownText(judge)}: ${settingsText(stated)}.`),
    ...(detection
      ? [
          `mAP: PASCAL VOC 2007 (11 recalls), IoU ${detection.iou}, mean over the classes of ${detection.objects} objects; ` +
            "difficult objects and crowds are ignored.",
        ]
      : []),
    ...(segmentation ? ["mIoU: mean over the classes that occur; pixels of label 255 are ignored."] : []),
    ...(resamples === undefined
      ? []
      : [`Their intervals, 95 %: a paired bootstrap over images, ${resamples} resamples, seed ${seed}.`]),
  ];
  return lines.length > 0 ? [lines.map((line) => `- ${line}`).join("\n")] : [];
}

/** How the row of a control is made, for a person. */
export const controlNotes = ({ control }: Evaluation): string[] =>
  control
    ? [
        `${printable(control.name)}: the images of ${printable(control.over)}, each perturbed along the gradient of ` +
          `${printable(control.recognizer)}'s loss with the known label until its PSNR is ${control.cost_db.toFixed(3)} dB lower. It uses the labels of ` +
          "the images; processors do not.",
      ]
    : [];

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
export function powerNotes(
  pairs: readonly { readonly processor: string; readonly over: string }[],
  columns: readonly JudgeColumn[],
): string[] {
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
