import type { Task } from "../data/task.js";
import { messageOf, UserError } from "../errors.js";
import { crop } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { type Margins, withMirroredMargins } from "../images/mirror.js";
import { fromPlanar, toPlanar } from "../images/planar.js";
import type { Graph } from "../onnx/graph.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import { optimizeForInference } from "../passes/optimize-for-inference.js";
import { type Batching, declaredBatchOf, findBatching, requireSeparateRows, runInGroups } from "../runtime/batching.js";
import { Session, type SessionOptions, type Tensors } from "../runtime/session.js";
import { measureBorder } from "./border.js";
import { type Card, cardOf } from "./card.js";
import { measureFeatureBytes } from "./feature-memory.js";
import { type ProcessorFormat, plainFormat } from "./format.js";
import { type Geometry, measureGeometry, measureRadius } from "./geometry.js";
import {
  type DeclaredSizes,
  declaredSizes,
  fixedSizeOf,
  type ImageNetwork,
  mismatchMessage,
  requireImageNetwork,
  standardized,
} from "./image-network.js";
import { type Weights, weightsOf } from "./weights.js";

/** What is measured of a processor by running it; see the methods of these names. */
export interface Measured {
  readonly geometry: Geometry;
  readonly receptiveRadius: number;
  readonly border: number;
  readonly featureBytes: number;
}

/** The properties of a processor other than its graph. */
export interface ProcessorSource {
  /** Default: the graph's name. */
  readonly name?: string;
  /** Default: RGB in [0, 1], NCHW, for input and output. */
  readonly format?: ProcessorFormat;
  /** The file that it was read from. */
  readonly file?: string;
  /** The text of the sidecar JSON beside that file. */
  readonly sidecar?: string;
  /** SHA-256 of that file, hexadecimal. */
  readonly sha256?: string;
  /** What was measured of it before, with these weights. Default: it is measured when it is needed. */
  readonly measured?: Measured;
}

/**
 * A network that restores images. Its properties are available once it is opened. The ONNX Runtime session is created when
 * the network first runs.
 */
export class Processor implements ImageNetwork {
  readonly name: string;
  readonly format: ProcessorFormat;
  readonly file: string | undefined;
  readonly sidecar: string | undefined;
  readonly sha256: string | undefined;
  /** The model card that training and evaluation wrote into the file; null for a processor that Legible did not train. */
  readonly card: Card | null;
  /** The sizes that the file declares for its input. */
  readonly sizes: DeclaredSizes;
  private started: Promise<Session> | undefined;
  private measured: Promise<Geometry> | undefined;
  private radius: Promise<number> | undefined;
  private rim: Promise<number> | undefined;
  private features: Promise<number> | undefined;
  private batching: Batching | undefined;
  private roles: Weights | undefined;

  /**
   * @param graph one image input and one image output, in `format`.
   * @throws UserError when the graph does not have these.
   */
  constructor(
    readonly graph: Graph,
    private readonly source: ProcessorSource = {},
    private readonly options: SessionOptions = {},
  ) {
    const { name = graph.name, format = plainFormat, file, sidecar, sha256 } = source;
    [this.name, this.format, this.file, this.sidecar, this.sha256] = [name, format, file, sidecar, sha256];
    requireImageNetwork(this);
    this.card = cardOf(graph);
    this.sizes = declaredSizes(this);
    if (source.measured) this.remember(source.measured);
  }

  private remember({ geometry, receptiveRadius, border, featureBytes }: Measured): void {
    this.measured = Promise.resolve(geometry);
    this.radius = Promise.resolve(receptiveRadius);
    this.rim = Promise.resolve(border);
    this.features = Promise.resolve(featureBytes);
  }

  /** The same processor with other weights. */
  withGraph(graph: Graph): Processor {
    const { measured: _, ...source } = this.source;
    return new Processor(graph, source, this.options);
  }

  /** The same architecture with other weights: geometry, receptive radius and feature maps are not measured again. */
  withWeights(graph: Graph): Processor {
    const other = this.withGraph(graph);
    [other.measured, other.radius, other.features] = [this.measured, this.radius, this.features];
    return other;
  }

  /** Which initializers are weights and which are constants. */
  get weights(): Weights {
    this.roles ??= weightsOf(this.graph);
    return this.roles;
  }

  /** The session of the network in Legible's format, optimized for inference. @throws UserError when it cannot be loaded. */
  session(): Promise<Session> {
    this.started ??= Session.create(optimizeForInference(standardized(this)), this.options);
    return this.started;
  }

  /**
   * Scale and the sizes that the network accepts, measured once by running it.
   * @throws UserError when it does not run on images of any size.
   */
  geometry(): Promise<Geometry> {
    this.measured ??= measureGeometry(this, fixedSizeOf(this.sizes));
    return this.measured;
  }

  /** The receptive radius: the distance in input pixels that output pixels depend on, at most 64. Measured once. */
  receptiveRadius(): Promise<number> {
    this.radius ??= this.geometry().then((geometry) => measureRadius(this, geometry));
    return this.radius;
  }

  /**
   * The number of pixels by which `restore` and `enhance` mirror an image beyond its border before the network runs, because
   * zero padding inside networks changes the pixels near the border. As few as flat images need; 0 for a network that does
   * not run on the sizes that are tried. Measured once.
   */
  border(): Promise<number> {
    this.rim ??= this.geometry()
      .then((geometry) => measureBorder(this, geometry))
      .catch(() => 0);
    return this.rim;
  }

  /** The bytes of the feature maps that the network holds at once, per input pixel. Measured once, on one size. */
  featureBytes(): Promise<number> {
    this.features ??= this.geometry().then((geometry) => measureFeatureBytes(standardized(this), geometry));
    return this.features;
  }

  /**
   * Restores images of one size, as the 8-bit images that would be saved. The network gets them with mirrored pixels around
   * them (see `border`), and its result is cropped.
   * @throws UserError when the network does not run on them, or its scale is not the task's.
   */
  async restore(images: readonly Image[], task: Pick<Task, "name" | "scale">): Promise<Image[]> {
    const margins = await this.marginsOf(images[0] as Image);
    const bordered = images.map((image) => withMirroredMargins(image, margins));
    const { width, height } = bordered[0] as Image;
    const input = new Float32Array(images.length * 3 * width * height);
    for (const [i, image] of bordered.entries()) toPlanar(image, input, i * 3 * width * height);
    const from = [images.length, 3, height, width];
    const { data, shape } = await this.run(float32(input, from)).catch((error) => {
      const fixed = fixedSizeOf(this.sizes);
      const only = fixed && ` (it accepts only images of ${fixed.width}x${fixed.height} pixels)`;
      throw new UserError(`${this.title} cannot process images of shape [${from}]${only ?? ""}: ${messageOf(error)}`);
    });
    const [wide, high] = [width * task.scale, height * task.scale];
    if (!(data instanceof Float32Array) || shape.join() !== [images.length, 3, high, wide].join())
      throw new UserError(mismatchMessage(this.title, task, from, shape));
    const [left, top] = [margins.left * task.scale, margins.top * task.scale];
    return images.map((image, i) => {
      const restored = fromPlanar(data, i * 3 * wide * high, wide, high);
      return crop(restored, left, top, image.width * task.scale, image.height * task.scale);
    });
  }

  /** The margins for an image: the border on each side, and at the lower right what a multiple of the sizes needs. */
  private async marginsOf({ width, height }: Image): Promise<Margins> {
    const border = await this.border();
    const { multiple } = await this.geometry().catch(() => ({ multiple: 1 }));
    const end = (length: number): number => Math.ceil((length + 2 * border) / multiple) * multiple - length - border;
    return { left: border, top: border, right: end(width), bottom: end(height) };
  }

  /**
   * Runs the network as one batch, or in groups if a trial at first use shows that its outputs depend on the batch.
   * @param images [N, 3, H, W], RGB in [0, 1].
   * @returns the output of the network, of any shape.
   * @throws UserError when a value is not a number, which would be saved as black.
   */
  async run(images: Tensor): Promise<Tensor> {
    const session = await this.session();
    const [input = "", output = ""] = [session.inputNames[0], session.outputNames[0]];
    const run = (batch: Tensor): Promise<Tensors> => session.run({ [input]: batch });
    const outputs = await runInGroups(run, images, await this.batchingFor(images, run));
    const result = outputs[output] as Tensor;
    if (hasNaN(result)) throw new UserError(`${this.title} gives values that are not numbers (NaN)`);
    return result;
  }

  /** How to run these images. The trial is made with images of their size, unless a single image shows nothing. */
  private async batchingFor({ shape: [count, ...image] }: Tensor, run: (batch: Tensor) => Promise<Tensors>) {
    const declared = declaredBatchOf(this.graph.inputs[0]);
    if (declared === null && count === 1) return { declared, group: null };
    this.batching ??= await findBatching(this.title, declared, (group) =>
      requireSeparateRows(run, image, { declared, group }),
    );
    return this.batching;
  }

  /** Frees the session. */
  async release(): Promise<void> {
    await (await this.started)?.release();
    this.started = undefined;
  }

  /** "plain (runs/plain/model.onnx)", for messages. */
  private get title(): string {
    return this.file === undefined ? this.name : `${this.name} (${this.file})`;
  }
}

/** Whether a tensor of floats has a value that is not a number. */
const hasNaN = ({ data }: Tensor): boolean => data instanceof Float32Array && data.includes(Number.NaN);
