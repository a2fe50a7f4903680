import { z } from "zod";

/**
 * What participants of a study do:
 * - `labels`: they see an image and two sets of labels, and say which set describes it better;
 * - `quality`: they see two images and say which looks better;
 * - `naming`: they see an image for a short time and name what they saw.
 */
export const StudyKind = z.enum(["labels", "quality", "naming"]);
export type StudyKind = z.output<typeof StudyKind>;

/** The name of an image file in the study's folder `images/`: random, so that it reveals no system. */
export const ImageName = z.string().regex(/^[a-z0-9]{8,64}\.(png|jpg|webp)$/);

/** A system that is compared, such as `plain` and `ra`. */
const SystemName = z.string().min(1).max(100);

/** The side of a pair that a participant chooses. `tie`: both are equal; `neither`, of `labels` alone: none describes the image. */
export const Choice = z.enum(["left", "right", "tie", "neither"]);
export type Choice = z.output<typeof Choice>;

const itemBase = {
  /** Unique in the study; the file name of the image that it comes from. */
  id: z.string().min(1).max(300),
  /** The class of the image, if it is known: an index and its name. */
  truth: z.object({ class_index: z.number().int(), name: z.string() }).exactOptional(),
};

/** The better system of an attention check; all who pay attention choose it. */
const check = { check: SystemName.exactOptional() };

export const LabelsItem = z.object({
  kind: z.literal("labels"),
  ...itemBase,
  ...check,
  /** The image that the labels are compared with: the original. */
  image: ImageName,
  /** The labels of each system, best first. */
  labels: z.record(SystemName, z.array(z.string().min(1).max(100)).max(20)),
});

export const QualityItem = z.object({
  kind: z.literal("quality"),
  ...itemBase,
  ...check,
  /** The image of each system; all have the same size. */
  images: z.record(SystemName, ImageName),
});

export const NamingItem = z.object({
  kind: z.literal("naming"),
  ...itemBase,
  /** True: an attention check, whose answer must be right. */
  check: z.boolean().exactOptional(),
  /** The image of each system. A participant sees one of them. */
  images: z.record(SystemName, ImageName),
  /** The names to choose from; without them, a participant types a name. */
  choices: z.array(z.string().min(1).max(100)).min(2).max(100).exactOptional(),
  /** The names that are right. */
  accepted: z.array(z.string().min(1).max(100)).min(1),
});

/** An image of a study with what is compared on it. */
export const StudyItem = z.discriminatedUnion("kind", [LabelsItem, QualityItem, NamingItem]);
/** An image of a study with what is compared on it. */
export type StudyItem = z.output<typeof StudyItem>;

/** Rules of exclusion, fixed when the study is created. A rule that is absent excludes nobody. */
export const ExclusionRules = z.object({
  /** A participant is excluded who fails more attention checks than this. */
  failed_checks: z.number().int().min(0).exactOptional(),
  /** A participant is excluded whose median answer takes less time than this, in milliseconds. */
  median_milliseconds: z.number().positive().exactOptional(),
  /** A participant is excluded who chooses the same side in more than this share of the trials that are no checks. */
  same_side: z.number().min(0.5).max(1).exactOptional(),
  /** A participant is excluded who answers less than this share of the trials. */
  answered: z.number().min(0).max(1).exactOptional(),
});
export type ExclusionRules = z.output<typeof ExclusionRules>;

/** `study.json`: everything that is fixed when a study is created. */
export const StudyDefinition = z.object({
  format: z.literal("legible-study"),
  version: z.literal(1),
  /** Random; answers of another study are refused by it. */
  id: z.string().regex(/^[a-z0-9]{16}$/),
  created: z.iso.datetime(),
  title: z.string().min(1).max(200),
  kind: StudyKind,
  /** The systems, the reference first: `plain`, `ra`. */
  systems: z.array(SystemName).min(1).max(20),
  items: z.array(StudyItem).min(1).max(100_000),
  /** Text that a participant accepts before the first trial; paragraphs are separated by an empty line. */
  consent: z.string().max(20_000),
  /** Trials of one participant that are no attention checks. */
  trials: z.number().int().min(1).max(1000),
  /** Attention checks of one participant, spread over the trials. */
  checks: z.number().int().min(0).max(100),
  /** Milliseconds for which a naming trial shows its image. */
  exposure: z.number().int().min(16).max(60_000),
  /** Who may take part: with a code whose hash (`codeHash`) is in this list, each once, or anybody until the cap is reached. */
  access: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("codes"), codes: z.array(z.string().min(4).max(64)).min(1).max(100_000) }),
    z.object({ kind: z.literal("open"), cap: z.number().int().min(1).max(100_000) }),
  ]),
  exclusions: ExclusionRules,
  /** The seed of the assignment of items and sides. */
  seed: z.number().int().min(0),
  /** Facts for the report, such as the judge that gave the labels and the task: text by name. */
  about: z.record(z.string(), z.string()),
  /** True: participants are simulated, which every page and file states. */
  simulated: z.boolean(),
});
export type StudyDefinition = z.output<typeof StudyDefinition>;
