import type { Interval } from "./interval.js";
import type { ProtocolName } from "./protocols.js";
import type { Correlations, Lattice, MeanGains, Survival } from "./robustness.js";

/** The setting of an evaluation: everything except the measurements of single images. */
export interface EvaluationSetting {
  readonly task: string;
  /** Of the task, such as {"sigma": 0.1}. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly scale: number;
  readonly protocol: ProtocolName;
  /** Pixels cropped from each side before PSNR and SSIM. */
  readonly crop_border: number;
  readonly data: {
    readonly folders: readonly string[];
    /** Which images of the folders were selected, such as "test part"; absent: all. */
    readonly selection?: string;
    /** Images evaluated. */
    readonly count: number;
    readonly skipped: readonly Skipped[];
    /** Files in the folders that are not read, such as formats that cannot be decoded; absent: none. */
    readonly left_out?: readonly Skipped[];
    /** Images that were evaluated although their file is flawed; absent: none. */
    readonly flawed?: readonly Flawed[];
  };
  /** Seed of the random part of degradations and of the bootstrap. */
  readonly seed: number;
  /**
   * The names that count as each class among the labels of a service, normalized, by class index; absent without services or
   * names of classes.
   */
  readonly synonyms?: Readonly<Record<string, readonly string[]>>;
  /** The settings that change a judge's predictions, by judge; absent: no judge states any. */
  readonly judge_settings?: Readonly<Record<string, object>>;
  /** How the row of the control is made; absent: there is none. */
  readonly control?: ControlSetting;
  /** The names of the handlings after which images are judged again, such as "jpeg:85"; absent: none. */
  readonly after?: readonly string[];
  /** The processors that were trained with each judge, by judge, according to their model cards; absent: none were. */
  readonly seen?: Readonly<Record<string, readonly string[]>>;
  /** SHA-256 of each processor's network, as a gate states it; absent in files of earlier versions and without processors. */
  readonly processor_sha256?: Readonly<Record<string, string>>;
  /** The rows of gates; absent: there are none. */
  readonly gates?: readonly GateSetting[];
}

/** The result of an evaluation, written as JSON unchanged. Percentages are 0 to 100, intervals [low, high] at 95 %. */
export interface Evaluation extends EvaluationSetting {
  /** "none" (interpolated) first, then each processor, "clean" last. */
  readonly rows: readonly Row[];
  /** Of each processor over "none" and over each processor before it. */
  readonly gains: readonly Gain[];
  /** Of the same pairs as the gains. */
  readonly flips: readonly Flips[];
  /** What each gate does to these images; absent without gates or classifiers. */
  readonly gate_risks?: readonly GateRisk[];
  /** How average precision is computed; absent without detectors. */
  readonly detection?: DetectionSetting;
  /** Of the same pairs as the gains; absent without detectors. */
  readonly detector_gains?: readonly DetectorGain[];
  /** How mean intersection over union is computed; absent without segmenters. */
  readonly segmentation?: ResampledSetting;
  /** Of the same pairs as the gains; absent without segmenters. */
  readonly segmenter_gains?: readonly SegmenterGain[];
  /** How the labels of services are compared; absent without services. */
  readonly label_agreement?: LabelSetting;
  /** Of the same pairs as the gains; absent without services. */
  readonly service_gains?: readonly ServiceGain[];
  /** Of the same pairs as the gains; absent with fewer than two judges of one kind. */
  readonly mean_gains?: MeanGains;
  /** What is left of the gains after handlings; absent without handlings. */
  readonly survival?: Survival;
  /** Between PSNR and accuracy over the processors; absent with fewer than four. */
  readonly correlation?: Correlations;
}

/** How intervals of figures that are no means over images are found: by a bootstrap over images with the evaluation's seed. */
export interface ResampledSetting {
  readonly resamples: number;
}

/** How the labels of services are compared. */
export interface LabelSetting extends ResampledSetting {
  /** Images whose class is known by name: those of `true_confidence` and `true_found`. */
  readonly labelled: number;
}

/** How average precision is computed, apart from the settings of each detector. */
export interface DetectionSetting extends ResampledSetting {
  /** The smallest intersection over union of a true positive of `map11` and `map`. */
  readonly iou: number;
  /** Objects that count, neither difficult nor crowds. */
  readonly objects: number;
}

/** What an evaluation states about a control. */
export interface ControlSetting {
  /** The name of its row. */
  readonly name: string;
  /** The name of the processor whose images are perturbed. */
  readonly over: string;
  /** The name of the recognizer whose loss is reduced. */
  readonly recognizer: string;
  /** By how many dB the perturbation lowers the PSNR of each image. */
  readonly cost_db: number;
  /** The perturbation knows the labels of the images, which no processor does. */
  readonly uses_labels: true;
}

/** What an evaluation states about a gate. */
export interface GateSetting {
  /** The name of its row: the images of a processor, and those of "none" where the gate skips it. */
  readonly name: string;
  /** The name of the processor. */
  readonly over: string;
  /** The risk is at most `alpha` with probability 1 - `delta`; see `Gate`. */
  readonly alpha: number;
  readonly delta: number;
}

/** What a gate does to the images of an evaluation, in percent. */
export interface GateRisk {
  /** The name of its row. */
  readonly processor: string;
  /** Images that are processed. */
  readonly processed: number;
  /**
   * Of the pairs of a processed image and a classifier, those right in the row "none" and wrong after processing, with the 95 %
   * interval of the bootstrap over images; null: no image is processed.
   */
  readonly risk: number | null;
  readonly risk_ci95: Interval;
  /** The same if all images are processed. */
  readonly risk_without: number;
  /** The same of all pairs of an image and a classifier. */
  readonly risk_of_all: number;
}

/** An image that could not be evaluated. */
export interface Skipped {
  readonly file: string;
  readonly reason: string;
}

/** An image whose file has no end marker, or whose decoder warned of damaged data. */
export interface Flawed {
  readonly file: string;
  /** What is wrong. */
  readonly reason: string;
}

/** Means over the images. */
export interface Row {
  readonly processor: string;
  /** In dB on RGB against the clean image, where an image counts with at most 60 dB; null: all images equal the clean ones. */
  readonly psnr: number | null;
  /** Images that equal the clean ones, whose PSNR is infinite; absent: none, or all. */
  readonly exact?: number;
  /** On RGB against the clean image; 1 for equal images. */
  readonly ssim: number;
  /** In dB on Y of BT.601, where the protocol measures it, limited as `psnr`; null: all are equal. */
  readonly psnr_y?: number | null;
  /** On Y of BT.601, where the protocol measures it. */
  readonly ssim_y?: number;
  /** Patterns that are locked to the pixel lattice; absent if all images are below 32 x 32 pixels. */
  readonly lattice?: Lattice;
  /** By classifier. */
  readonly recognizers: Readonly<Record<string, Accuracy>>;
  /** By detector; absent without detectors. */
  readonly detectors?: Readonly<Record<string, DetectorFigures>>;
  /** By segmenter; absent without segmenters. */
  readonly segmenters?: Readonly<Record<string, SegmenterFigures>>;
  /** By service; absent without services. */
  readonly services?: Readonly<Record<string, LabelAgreement>>;
}

/** Means of average precision over classes, in percent; null if the images have no objects that count. */
export interface DetectorFigures {
  /** PASCAL VOC 2007: at the recalls 0, 0.1, …, 1. */
  readonly map11: number | null;
  readonly map11_ci95: Interval;
  /** PASCAL VOC 2010 and later: the area under the curve. */
  readonly map: number | null;
  readonly map_ci95: Interval;
  /** COCO: the mean over the overlaps 0.5, 0.55, …, 0.95; at 0.5; at 0.75. */
  readonly coco_ap: number | null;
  readonly coco_ap50: number | null;
  readonly coco_ap75: number | null;
}

/** Mean intersection over union over the classes that occur, in percent. */
export interface SegmenterFigures {
  readonly miou: number | null;
  readonly ci95: Interval;
}

/**
 * How well the labels that a service gives a row's images agree with those it gives the clean images, in percent. This is no
 * accuracy: the labels of the clean image can be wrong.
 */
export interface LabelAgreement {
  /** Mean Jaccard index of the two sets of labels. */
  readonly jaccard: number | null;
  readonly jaccard_ci95: Interval;
  /** Images whose first label is that of the clean image. */
  readonly top1_kept: number | null;
  readonly top1_kept_ci95: Interval;
  /** Mean confidence of the label that names the image's class, 0 where none does; absent without classes. */
  readonly true_confidence?: number | null;
  readonly true_confidence_ci95?: Interval;
  /** Images that have a label that names their class; absent without classes. */
  readonly true_found?: number | null;
  readonly true_found_ci95?: Interval;
  /** Images without any label; two of them agree. */
  readonly without_labels: number;
}

/** In percent, with Wilson's interval. */
export interface Accuracy {
  readonly top1: number;
  readonly top5: number;
  readonly top1_ci95: readonly [low: number, high: number];
}

/** How many percentage points of top-1 one row is above another, with the interval of a paired bootstrap. */
export interface Gain {
  readonly processor: string;
  readonly over: string;
  readonly recognizer: string;
  readonly top1: number;
  readonly ci95: readonly [low: number, high: number];
}

/** How many percentage points one row is above another in a figure of a judge. */
interface ResampledGain {
  readonly processor: string;
  readonly over: string;
}

/** The same for mean average precision, with intervals of a paired bootstrap over images. */
export interface DetectorGain extends ResampledGain {
  readonly detector: string;
  /** Of `map11`. */
  readonly map11: number | null;
  readonly ci95: Interval;
  /** The smallest gain that these images would show with 80 % power; absent if the interval excludes 0. */
  readonly detectable?: number;
  /** Of `map`. */
  readonly map: number | null;
  readonly map_ci95: Interval;
  readonly map_detectable?: number;
}

/** The same for mean intersection over union. */
export interface SegmenterGain extends ResampledGain {
  readonly segmenter: string;
  readonly miou: number | null;
  readonly ci95: Interval;
  /** See `DetectorGain`. */
  readonly detectable?: number;
}

/** The same for the agreement of labels. */
export interface ServiceGain extends ResampledGain, Omit<LabelAgreement, "jaccard_ci95" | "without_labels"> {
  readonly service: string;
  /** Of `jaccard`. */
  readonly ci95: Interval;
  /** See `DetectorGain`. */
  readonly detectable?: number;
}

/** Images whose top-1 prediction is right in only one of two rows. */
export interface Flips {
  readonly processor: string;
  readonly over: string;
  readonly recognizer: string;
  /** Images right in the row `over` and wrong in the row `processor`. */
  readonly harmful: number;
  /** Images wrong in the row `over` and right in the row `processor`. */
  readonly helpful: number;
  /** Two-sided p-value of McNemar's test. */
  readonly p: number;
}
