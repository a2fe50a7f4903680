import { type Item, titleOf } from "../data/item.js";
import { messageOf, UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import { fromPlanar } from "../images/planar.js";
import { keyOf } from "../jobs/job.js";
import type { FoundBox } from "../metrics/detection/boxes.js";
import type { Graph } from "../onnx/graph.js";
import { modelTitle, readModel, sha256OfFile } from "../platform/node/models.js";
import type { BoxesPrediction, Judge } from "../recognition/judge.js";
import type { PreprocessingOverrides } from "../recognition/preprocessing.js";
import { trialImages } from "../runtime/batching.js";
import { Session, type SessionOptions } from "../runtime/session.js";
import type { Decoder, InputSize } from "./adapters/adapter.js";
import type { AdapterName } from "./adapters/names.js";
import { Candidates, suppress } from "./candidates.js";
import { findDecoder } from "./find-decoder.js";
import { isBackgroundName, matchNames } from "./names.js";
import { otherInputs } from "./other-inputs.js";
import { placed, type ResizeMode } from "./placement.js";
import { type DetectorInput, detectorInput, inputTensor } from "./preprocessing.js";
import type { DetectorSettings } from "./settings.js";
import { type DetectorStatement, readStatement } from "./sidecar.js";

/** What a detector does between an image and its boxes; each part changes AP. */
export interface DetectorProtocol {
  readonly adapter: AdapterName;
  /** What the adapter found in the outputs. */
  readonly layout: string;
  readonly resize: ResizeMode;
  /** The size of its input in pixels; null: that of the image. */
  readonly input: InputSize | null;
  /** Boxes of this score or less are left out. */
  readonly scoreThreshold: number;
  /** IoU above which a box of lower score is suppressed; 1: none is. */
  readonly nmsIou: number;
  /** Whether suppression compares boxes of all classes, and not only those of the same class. */
  readonly classAgnostic: boolean;
  /** The most boxes of an image. */
  readonly topK: number;
}

/** A judge that predicts boxes. */
export interface Detector extends Judge<BoxesPrediction> {
  /** How it is computed; for the output of a command. */
  readonly settings: DetectorProtocol;
  /** The names of the classes that `class` of its boxes is an index of; empty if they are not known. */
  readonly classes: readonly string[];
  /** Notes on how its file is read, one sentence each. */
  readonly notes: readonly string[];
  predict(images: readonly Image[]): Promise<readonly BoxesPrediction[]>;
  /** Frees the session. */
  release(): Promise<void>;
}

/** Settings of `openDetector`; each overrides the file's sidecar. */
export interface OpenDetectorSettings extends DetectorSettings, PreprocessingOverrides {}

/** Part of every key. To be raised when the same file and settings give other boxes. */
const VERSION = 2;

const DEFAULTS = { scoreThreshold: 0.005, topK: 300, classAgnostic: false };

/** The side of an input that nothing states, as of the YOLO repositories. */
const USUAL_SIDE = 640;

/**
 * Opens any ONNX detector whose outputs fit an adapter (docs/detection.md).
 * @example
 * const detector = await openDetector("yolo.onnx");
 * const [{ boxes }] = await detector.predict([await decodeImage("street.jpg")]);
 * @param names the names of the data's classes. Then `class` is an index of them: the detector's classes are matched by name,
 * synonyms of VOC and COCO included, and boxes of other classes are left out.
 * @throws UserError when the file or its sidecar cannot be used, no adapter fits, or no class has a name of the data.
 */
export async function openDetector(
  path: string,
  settings: OpenDetectorSettings = {},
  options: SessionOptions = {},
  names?: readonly string[],
): Promise<Detector> {
  const graph = await readModel(path);
  const statement = await readStatement(path, graph.metadata);
  const input = detectorInput(path, graph, statement, settings);
  const session = await Session.create(graph, options);
  try {
    const runner = { graph, input, session };
    const { decoder, adapter, size } = await openDecoder(path, runner, statement, settings);
    const protocol = protocolOf(adapter, decoder, input, size, statement, settings);
    const own = ownNames(statement, decoder);
    const classes = classMap(modelTitle(path), own, names);
    const { type, layout, channels, range, mean, std } = input;
    const key = keyOf({
      version: VERSION,
      sha256: await sha256OfFile(path),
      preprocessing: { type, layout, channels, range, mean, std },
      protocol,
      keys: statement.keys,
      heads: statement.heads,
      classes: classes.map ?? null,
    });
    const notes = [...(graph.notes ?? []), ...input.notes, ...noteOfSize(input, size), ...classes.notes];
    return detectorOf({ name: modelTitle(path), key, notes, runner, decoder, protocol, size, classes });
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** A detector that can run. */
interface Runner {
  readonly graph: Graph;
  readonly input: DetectorInput;
  readonly session: Session;
}

/** Runs an image that has the input's size. */
const run = ({ graph, input, session }: Runner, image: Image) =>
  session.run({ [input.name]: inputTensor(image, input), ...otherInputs(graph, input, image) });

async function openDecoder(path: string, runner: Runner, statement: DetectorStatement, settings: DetectorSettings) {
  const { graph, input } = runner;
  const stated = input.size;
  const size = stated ?? { width: USUAL_SIDE, height: USUAL_SIDE };
  const outputs = await run(runner, trialImage(size)).catch((error: unknown) => {
    throw new UserError(`cannot run the detector ${path}: ${messageOf(error)}`);
  });
  const named = statement.names.length > 0 ? statement.names.length : undefined;
  const { adapter, decoder } = findDecoder(
    path,
    {
      outputs: graph.outputs.flatMap(({ name }) => (outputs[name] ? [{ name, ...outputs[name] }] : [])),
      inputs: graph.inputs.map(({ name }) => name),
      tensors: graph.initializers,
      size,
      keys: statement.keys,
      heads: statement.heads,
      names: named,
      namesBackground: isBackgroundName(statement.names[0]),
      task: statement.task,
    },
    settings.adapter ?? statement.keys.adapter,
  );
  return { adapter, decoder, size };
}

/** An image of noise and waves. */
function trialImage({ width, height }: InputSize): Image {
  const { data } = trialImages([0], [3, height, width]);
  return fromPlanar(data as Float32Array, 0, width, height);
}

function protocolOf(
  adapter: AdapterName,
  decoder: Decoder,
  input: DetectorInput,
  size: InputSize,
  { keys, resize: stated }: DetectorStatement,
  given: DetectorSettings,
): DetectorProtocol {
  const usual = decoder.resize === "none" && input.size !== undefined ? "letterbox" : decoder.resize;
  const resize = given.resize ?? keys.resize ?? stated ?? usual;
  const isOpen = input.size === undefined;
  if (resize === "none" && !isOpen)
    throw new UserError(
      `\`resize\` is none, but the input of the detector is ${size.width}x${size.height}; choose letterbox or stretch`,
    );
  return {
    adapter,
    layout: decoder.layout,
    resize,
    input: resize === "none" ? null : size,
    scoreThreshold: given.scoreThreshold ?? keys.scoreThreshold ?? DEFAULTS.scoreThreshold,
    nmsIou: given.nmsIou ?? keys.nmsIou ?? decoder.nmsIou,
    classAgnostic: given.classAgnostic ?? keys.classAgnostic ?? DEFAULTS.classAgnostic,
    topK: given.topK ?? keys.topK ?? DEFAULTS.topK,
  };
}

const noteOfSize = ({ size }: DetectorInput, { width, height }: InputSize): string[] =>
  size === undefined ? [`no file states the size of its input: ${width}x${height}, unless \`resize\` is none`] : [];

/** The names of a detector's classes without the background. */
function ownNames({ names }: DetectorStatement, { classes }: Decoder): readonly string[] {
  const own = isBackgroundName(names[0]) ? names.slice(1) : names;
  return classes === undefined ? own : own.slice(0, classes);
}

/** How the classes of a detector are those of the data. */
interface ClassMap {
  readonly names: readonly string[];
  /** The class of the data for each of the detector's; undefined: they are the same. */
  readonly map: readonly (number | undefined)[] | undefined;
  readonly notes: readonly string[];
}

function classMap(name: string, own: readonly string[], data: readonly string[] | undefined): ClassMap {
  if (!data || data.length === 0 || own.length === 0) return { names: data ?? own, map: undefined, notes: [] };
  const map = matchNames(own, data);
  const known = map.filter((index) => index !== undefined).length;
  if (known === 0)
    throw new UserError(
      `cannot judge with ${name}: none of its classes (${excerptOf(own)}) has the name of a class of the data (${excerptOf(data)})`,
    );
  const dropped = own.length - known;
  const notes =
    dropped > 0 ? [`boxes of ${dropped} of its ${own.length} classes, which the data do not have, are left out`] : [];
  return { names: data, map, notes };
}

/** The first names of a list. */
const excerptOf = (names: readonly string[]): string =>
  names.length > 4 ? `${names.slice(0, 3).join(", ")}, …` : names.join(", ");

interface Parts {
  readonly name: string;
  readonly key: string;
  readonly notes: readonly string[];
  readonly runner: Runner;
  readonly decoder: Decoder;
  readonly protocol: DetectorProtocol;
  readonly size: InputSize;
  readonly classes: ClassMap;
}

function detectorOf({ name, key, notes, runner, decoder, protocol, size, classes }: Parts): Detector {
  const boxesOf = async (image: Image): Promise<FoundBox[]> => {
    const placement = placed(image, size, protocol.resize);
    const found = new Candidates(protocol.scoreThreshold);
    decoder.decode(await run(runner, placement.image), placement.image, found);
    const kept = suppress(found, protocol.nmsIou, protocol.classAgnostic, Number.POSITIVE_INFINITY);
    const boxes: FoundBox[] = [];
    for (const i of kept) {
      const own = found.classes[i] as number;
      const index = classes.map ? classes.map[own] : own;
      const [left, right] = [0, 2].map((j) =>
        clamp(((found.corners[4 * i + j] as number) - placement.left) / placement.scaleX, image.width),
      ) as [number, number];
      const [top, bottom] = [1, 3].map((j) =>
        clamp(((found.corners[4 * i + j] as number) - placement.top) / placement.scaleY, image.height),
      ) as [number, number];
      if (index === undefined || right <= left || bottom <= top) continue;
      boxes.push({ class: index, score: found.scores[i] as number, left, top, right, bottom });
      if (boxes.length === protocol.topK) break;
    }
    return boxes;
  };
  return {
    kind: "boxes",
    name,
    key,
    notes,
    settings: protocol,
    classes: classes.names,
    async requireKnows(items, attempt) {
      requireBoxes({ name, map: classes.map, count: decoder.classes, names: classes.names }, items, attempt);
    },
    async predict(images) {
      const predictions: BoxesPrediction[] = [];
      for (const image of images) predictions.push({ kind: "boxes", boxes: await boxesOf(image) });
      return predictions;
    },
    release: () => runner.session.release(),
  };
}

const clamp = (value: number, most: number): number => Math.min(Math.max(value, 0), most);

interface Known {
  readonly name: string;
  readonly map: ClassMap["map"];
  readonly count: number | undefined;
  readonly names: readonly string[];
}

/** @throws UserError when an item has no boxes annotation or a box of a class that the detector does not know. */
function requireBoxes({ name, map, count, names }: Known, items: readonly Item[], attempt: string): void {
  const known = map && new Set(map);
  for (const item of items) {
    const fail = (reason: string) => new UserError(`cannot ${attempt} ${name} on ${titleOf(item)}: ${reason}`);
    const { annotation } = item;
    if (annotation.kind !== "boxes") throw fail("the image has no boxes");
    for (const { class: index } of annotation.boxes) {
      const title = names[index] === undefined ? `${index}` : `${index} (${names[index]})`;
      if (known && !known.has(index)) throw fail(`a box has the class ${title}, which the detector does not have`);
      if (!known && count !== undefined && index >= count)
        throw fail(`a box has the class ${title}, but ${name} has ${count} classes, from 0`);
    }
  }
}
