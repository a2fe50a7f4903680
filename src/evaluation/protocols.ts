import { evaluationCrop, evaluationSide, SHORTER_SIDE } from "../data/samples.js";
import type { Task } from "../data/task.js";
import { croppedView, resizedView, type View, wholeView } from "../data/view.js";
import { UserError } from "../errors.js";
import { centerOf, crop, type Size, shrunkSize } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { type Degradation, degradationOf } from "../metrics/degradation/degradation.js";
import type { Random } from "../random.js";
import type { Judge } from "../recognition/judge.js";

/** The names of the evaluation protocols. */
export const protocolNames = ["imagenet", "full"] as const;
/** The name of an evaluation protocol. */
export type ProtocolName = (typeof protocolNames)[number];

/** Which part of an image is evaluated, and how it is compared. */
export interface Protocol {
  /** One line for the help text. */
  readonly summary: string;
  /** The clean image of a sample: a part of `image` whose sides are multiples of `scale`. */
  clean(image: Image, scale: number): Image;
  /** Which part of an image of this size that is. */
  part(size: Size, scale: number): View;
  /** Pixels cropped from each side before PSNR and SSIM, if the caller does not set it. */
  defaultCropBorder(scale: number): number;
  /** Whether the crop border can be chosen. */
  readonly hasCropBorder: boolean;
  /** Whether PSNR and SSIM are also measured on Y of BT.601. */
  readonly luma: boolean;
}

/** The evaluation protocols by name. */
export const protocols: Readonly<Record<ProtocolName, Protocol>> = {
  imagenet: {
    summary: "shorter side reduced to 256, center crop of 224; PSNR and SSIM on RGB",
    clean: evaluationCrop,
    part(size, scale) {
      const resized = shrunkSize(size, SHORTER_SIDE);
      const side = evaluationSide(resized, scale);
      return croppedView(resizedView(wholeView(size), resized.width, resized.height), centerOf(resized, side, side));
    },
    defaultCropBorder: () => 0,
    hasCropBorder: false,
    luma: false,
  },
  full: {
    summary: "whole images, cropped at the lower right to a multiple of the scale; PSNR and SSIM on RGB and Y",
    clean: ({ width, height, ...image }, scale) =>
      crop({ width, height, ...image }, 0, 0, width - (width % scale), height - (height % scale)),
    part: ({ width, height }, scale) =>
      croppedView(wholeView({ width, height }), {
        ...{ left: 0, top: 0, width: width - (width % scale), height: height - (height % scale) },
      }),
    defaultCropBorder: (scale) => (scale > 1 ? scale : 0),
    hasCropBorder: true,
    luma: true,
  },
};

/** Classifiers and services judge center crops; detectors and segmenters judge whole images. */
export const defaultProtocol = (judges: readonly Pick<Judge, "kind">[]): ProtocolName =>
  judges.some(({ kind }) => kind === "boxes" || kind === "label-map") ? "full" : "imagenet";

/** A protocol with its crop border; plain values, which can be sent to a worker thread. */
export interface ResolvedProtocol {
  readonly protocol: ProtocolName;
  /** Pixels cropped from each side before PSNR and SSIM. */
  readonly cropBorder: number;
}

/** @throws UserError when the protocol has no crop border to choose, or it is not a whole number of 0 or more. */
export function resolveProtocol(protocol: ProtocolName, scale: number, cropBorder?: number): ResolvedProtocol {
  const { hasCropBorder, defaultCropBorder } = protocols[protocol];
  if (cropBorder === undefined) return { protocol, cropBorder: defaultCropBorder(scale) };
  if (!hasCropBorder)
    throw new UserError(`\`cropBorder\` has no effect with the protocol ${protocol}; choose \`full\``);
  if (!Number.isInteger(cropBorder) || cropBorder < 0)
    throw new UserError(`\`cropBorder\` is ${cropBorder}; expected a whole number of pixels, 0 or more`);
  return { protocol, cropBorder };
}

/** What is evaluated of an image. */
export interface EvaluationSample {
  readonly clean: Image;
  readonly degraded: Image;
  /** The degraded image at the clean one's size, by interpolation. */
  readonly interpolated: Image;
  /** Estimated from the degraded image alone; absent unless it is requested. */
  readonly degradation?: Degradation;
}

/** The smallest side that SSIM can compare: its window is 11 x 11 pixels. */
const SMALLEST_SIDE = 11;

/**
 * The clean part of an image that a protocol evaluates, degraded by the task.
 * @param estimates whether the degradation is estimated, which takes longer than the rest.
 * @throws UserError when fewer than 11 x 11 pixels are left inside the crop border.
 */
export const evaluationSample = (
  image: Image,
  task: Task,
  random: Random,
  { protocol, cropBorder }: ResolvedProtocol,
  estimates = false,
): Promise<EvaluationSample> =>
  degradedSample(protocols[protocol].clean(image, task.scale), task, random, {
    cropBorder,
    original: image,
    estimates,
  });

interface DegradeOptions extends Pick<ResolvedProtocol, "cropBorder"> {
  /** The image that `clean` is a part of, for the message. */
  readonly original: Image;
  /** Whether the degradation is estimated. */
  readonly estimates: boolean;
}

/**
 * The sample whose clean part is known.
 * @throws UserError when fewer than 11 x 11 pixels are left inside the crop border.
 */
export async function degradedSample(
  clean: Image,
  task: Task,
  random: Random,
  { cropBorder, original: { width, height }, estimates }: DegradeOptions,
): Promise<EvaluationSample> {
  if (Math.min(clean.width, clean.height) - 2 * cropBorder < SMALLEST_SIDE) {
    const inside = cropBorder > 0 ? ` inside a border of ${cropBorder}` : "";
    throw new UserError(`${width}x${height} pixels are too few to judge: SSIM needs 11 x 11${inside}`);
  }
  const degraded = await task.degrade(clean, random);
  const estimated = estimates && { degradation: degradationOf(degraded) };
  return { clean, degraded, interpolated: task.interpolate(degraded), ...estimated };
}
