import { resolve } from "node:path";
import { type Dataset, openDataset, otherPart } from "../data/dataset.js";
import { selectionFrom, titleOfData } from "../data/settings.js";
import { detectorFrom } from "../detection/settings.js";
import { UserError } from "../errors.js";
import { requireDistinct } from "../evaluation/evaluate.js";
import { type KnownJudgeFile, openJudge, recognizerFiles } from "../evaluation/open-judge.js";
import { labelSetOf } from "../recognition/class-offset.js";
import { classifierNotes } from "../recognition/classifier.js";
import type { Judge } from "../recognition/judge.js";
import { recognizerFrom } from "../recognition/settings.js";
import { named } from "../settings.js";
import { judgedImages } from "./series.js";
import type { TransferSettings } from "./transfer-settings.js";

/** A recognizer to train with. */
export interface TransferSource extends KnownJudgeFile {
  /** The factor of the objective's lambda. */
  readonly weight: number;
}

/** The recognizers of a transfer with what they predict. */
export interface TransferFiles {
  readonly sources: readonly TransferSource[];
  readonly targets: readonly KnownJudgeFile[];
}

/** Images to judge on, and the judges that their annotations fit. */
export interface JudgedPart {
  readonly dataset: Dataset;
  readonly judges: readonly Judge[];
}

/** Finds what each source and target predicts. @throws UserError when one predicts the class of each pixel. */
export async function transferFiles(settings: TransferSettings): Promise<TransferFiles> {
  const { source, target = [] } = settings;
  const found = await recognizerFiles(
    source.map(({ file }) => file),
    settings,
  );
  const sources = found.map((each, i) => ({ ...each, weight: source[i]?.weight ?? 1 }));
  const targets = await recognizerFiles(target, settings);
  const segmenter = [...sources, ...targets].find(({ kind }) => kind === "label-map");
  if (segmenter)
    throw new UserError(
      `cannot use ${segmenter.file} in a transfer: it predicts the class of each pixel; expected classifiers and detectors`,
    );
  return { sources, targets };
}

/** Opens recognizers as judges, each file once. */
export class JudgeOpener {
  private readonly known = new Map<string, Promise<Judge>>();

  constructor(
    readonly settings: TransferSettings,
    /** Reports a note. */
    readonly info: (text: string) => void,
  ) {}

  /** @param dataset the images that it judges. */
  open(file: KnownJudgeFile, dataset: Dataset): Promise<Judge> {
    const path = resolve(file.file);
    const judge = this.known.get(path) ?? this.start(file, dataset);
    this.known.set(path, judge);
    return judge;
  }

  private async start(file: KnownJudgeFile, dataset: Dataset): Promise<Judge> {
    const { threads } = this.settings;
    const given = { ...recognizerFrom(this.settings), ...detectorFrom(this.settings) };
    const data = { labels: labelSetOf(dataset), ...(dataset.classes && { classes: dataset.classes }) };
    const judge = await openJudge(file, given, threads ? { threads } : {}, data);
    for (const note of classifierNotes([judge])) this.info(`note: ${note}`);
    return judge;
  }

  /** @throws UserError when two judges share a name, or one cannot predict the annotation of an image. */
  async openAll(files: readonly KnownJudgeFile[], dataset: Dataset): Promise<JudgedPart> {
    const judges: Judge[] = [];
    for (const file of files) judges.push(await this.open(file, dataset));
    requireDistinct(
      "recognizer",
      judges.map(({ name }) => name),
    );
    for (const judge of judges) await judge.requireKnows(dataset.items, "judge");
    return { dataset, judges };
  }
}

/**
 * Opens the images with boxes and the detectors that judge on them; undefined if no setting names such images.
 * @throws UserError when detectors are targets without such images, or such images have no detectors.
 */
export async function openBoxesPart(
  opener: JudgeOpener,
  { sources, targets }: TransferFiles,
): Promise<JudgedPart | undefined> {
  const { evaluateBoxes: folders, ...settings } = opener.settings;
  const detectors = distinct([...sources, ...targets], "boxes");
  if (folders === undefined) {
    const [target] = distinct(targets, "boxes");
    if (!target) return undefined;
    throw new UserError(`${target.file} is a detector: set ${named("evaluateBoxes")} to images with boxes to judge on`);
  }
  if (detectors.length === 0)
    throw new UserError(`${named("evaluateBoxes")} needs a detector as ${named("source")} or ${named("target")}`);
  const { usualPart } = otherPart(selectionFrom(settings, "train"));
  const dataset = await openDataset(folders, { needLabels: false, annotations: "boxes", usualPart });
  return opener.openAll(detectors, dataset);
}

/**
 * Opens the images with classes and the classifiers that judge on them: the targets, and the sources if these images have
 * the classes of the training images. Undefined if only detectors are to judge: with `evaluateBoxes`, and neither `evaluate`
 * nor a classifier as target.
 * @throws UserError when no classifier is left, or one cannot predict a class of the images.
 */
export async function openClassesPart(
  opener: JudgeOpener,
  { sources, targets }: TransferFiles,
  trained: Dataset,
): Promise<JudgedPart | undefined> {
  const { settings, info } = opener;
  const { evaluate, evaluateBoxes, evaluateClasses, classes } = settings;
  const some = distinct(targets, "class").length > 0;
  if (evaluateBoxes !== undefined && evaluate === undefined && !some) return undefined;
  const dataset = await judgedImages(settings, trained, evaluateClasses ?? classes);
  const same = evaluateClasses === undefined && trained.classes?.join("\n") === dataset.classes?.join("\n");
  const files = distinct([...(same ? sources : []), ...targets], "class");
  if (files.length === 0)
    throw new UserError(
      `no recognizer can judge ${titleOfData(dataset)}: its classes are not those of the training images; ` +
        `set ${named("target")} to recognizers of these classes`,
    );
  if (!same) info("the judged images have other classes than the training images: only the targets judge");
  return opener.openAll(files, dataset);
}

/** The files of one kind, each once. */
const distinct = (files: readonly KnownJudgeFile[], kind: KnownJudgeFile["kind"]): KnownJudgeFile[] => [
  ...new Map(files.filter((each) => each.kind === kind).map((each) => [resolve(each.file), each])).values(),
];
