import type { ImageLoss } from "../objectives/image-loss.js";
import type { Preprocessing } from "../recognition/preprocessing.js";

/** Where networks run. */
export type BrowserDevice = "webgpu" | "cpu";

/** Options of `openLegible`. */
export interface BrowserOptions {
  /** The folder of the worker and the WebAssembly files, `dist/web/` of the package. Default: that of this module. */
  readonly base?: string | URL;
  /** Default: webgpu where the browser has an adapter that is not a software one, otherwise cpu. */
  readonly device?: BrowserDevice;
  /** Threads of WebAssembly; more than 1 only on cross-origin isolated pages. Default: one per core, at most 8. */
  readonly threads?: number;
}

/** What networks really run on. */
export interface UsedDevice {
  readonly device: BrowserDevice;
  /** Threads of WebAssembly. */
  readonly threads: number;
  /** The adapter, as the browser describes it; absent for cpu. */
  readonly adapter?: string;
  /** Why a faster device is not used: no adapter, no cross-origin isolation; absent if none is missing. */
  readonly fallback?: string;
}

/** Upright pixels, row by row: RGBA, not premultiplied, 8 bits, sRGB. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** An encoded image (JPEG, PNG, WebP, AVIF, GIF: whatever the browser decodes), or pixels. */
export type BrowserImage = Blob | Pixels;

/** An ONNX file: its address (of the page's own origin), or its bytes. */
export type ModelSource = string | URL | Blob | Uint8Array<ArrayBuffer>;

/** Settings that every piece of work has. */
export interface WorkOptions {
  /** Called with the completed share, 0 to 1. */
  onProgress?(share: number): void;
  /** Stops after the running tile or step; the promise is rejected at once with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A loaded processor. */
export interface BrowserProcessor {
  readonly kind: "processor";
  /** Its number in the worker. */
  readonly id: number;
  readonly name: string;
  readonly scale: number;
  /** Bytes of the file. */
  readonly bytes: number;
  /** The task and the objective that its card states; absent without a card. */
  readonly card?: Readonly<Record<string, unknown>>;
}

/** A loaded recognizer. */
export interface BrowserRecognizer {
  readonly kind: "recognizer";
  /** Its number in the worker. */
  readonly id: number;
  readonly name: string;
  readonly preprocessing: Preprocessing;
  readonly classes: number;
  readonly bytes: number;
  /** Names of the classes; absent if neither the file nor its sidecar lists them. */
  readonly classNames?: readonly string[];
}

/** What `load` returns. */
export type BrowserModel = BrowserProcessor | BrowserRecognizer;

/** Options of `load`. */
export interface LoadModelOptions {
  /** Default: the last part of the address, or of a `File`'s name. */
  readonly name?: string;
  /** Default: found from the graph: outputs an image, or scores. */
  readonly kind?: BrowserModel["kind"];
  /** The content of the sidecar JSON: preprocessing, names of classes, format. Default: guessed, as `recognize` in Node.js does. */
  readonly sidecar?: unknown;
}

/** The answer of a recognizer, the most probable class first. */
export interface Recognition {
  readonly class: number;
  readonly name?: string;
  /** 0 to 1. */
  readonly probability: number;
}

/** How strongly each pixel affects a recognizer's loss. */
export interface GradientMap {
  /** Size of the recognizer's input, which is the center crop of evaluation. */
  readonly width: number;
  readonly height: number;
  /** The largest magnitude among the channels of d loss / d pixel, [height, width]. */
  readonly magnitudes: Float32Array;
  readonly class: number;
  readonly probability: number;
}

/** The training of a processor on images of the page, in the way of `legible train` with one batch plan. */
export interface BrowserTraining {
  readonly processor: BrowserProcessor;
  /** The frozen recognizer; absent for the objective plain. */
  readonly recognizer?: BrowserRecognizer;
  /** Clean images; they are degraded by the task. */
  readonly images: readonly BrowserImage[];
  /** Classes of the images; needed by the objectives ra and transformer. */
  readonly labels?: readonly number[];
  readonly task: "sr" | "denoise" | "jpeg";
  /** Standard deviation (denoise) or quality (jpeg) of the degradation, as the range `[from, to]`. */
  readonly strength?: readonly [number, number];
  /** Default: unsupervised. */
  readonly objective?: string;
  readonly imageLoss?: ImageLoss;
  readonly steps: number;
  /** Default: 4. */
  readonly batch?: number;
  /** Side of the clean crops in pixels. Default: 96. */
  readonly crop?: number;
  /** Default: 1e-4. */
  readonly lr?: number;
  /** Weight of the recognition loss. Default: that of the objective. */
  readonly lambda?: number;
  readonly seed?: number;
}

/** The losses of a step. */
export interface TrainingStepReport {
  /** Completed steps. */
  readonly step: number;
  readonly steps: number;
  /** "loss", "image", "recognition". */
  readonly losses: Readonly<Record<string, number>>;
  readonly psnr: number;
}

/** A trained processor. */
export interface TrainedInBrowser {
  readonly processor: BrowserProcessor;
  /** The ONNX file, with its card in the metadata. */
  readonly file: Blob;
  /** The processor followed by the transformer, for the objective transformer. */
  readonly forRecognizers?: Blob;
  readonly card: Readonly<Record<string, unknown>>;
  readonly losses: readonly TrainingStepReport[];
}

/** The library behind a worker. Work is done in the order of the calls. */
export interface Legible {
  readonly used: UsedDevice;
  /** @throws UserError when the file is not ONNX, or can serve neither as a processor nor as a recognizer; the message names the operator or the shape. */
  load(source: ModelSource, options?: LoadModelOptions): Promise<BrowserModel>;
  /** What `legible inspect` says of a model: operators, parameters, whether it has gradients. */
  inspect(model: BrowserModel): Promise<Readonly<Record<string, unknown>>>;
  /** The upright pixels of an image, in sRGB, as `enhance` and `recognize` read it. */
  decode(image: BrowserImage, options?: WorkOptions): Promise<Pixels>;
  /** Enhances an image of any size, tile by tile. */
  enhance(processor: BrowserProcessor, image: BrowserImage, options?: WorkOptions & { tile?: number }): Promise<Pixels>;
  /** The five most probable classes of the center crop. */
  recognize(recognizer: BrowserRecognizer, image: BrowserImage, options?: WorkOptions): Promise<readonly Recognition[]>;
  /** With `of`, the class of the loss. Default: the most probable one. */
  gradient(
    recognizer: BrowserRecognizer,
    image: BrowserImage,
    options?: WorkOptions & { of?: number },
  ): Promise<GradientMap>;
  /** PSNR and SSIM of the luma of all pixels, in dB and 0 to 1; `evaluate` leaves out a border in the protocol `imagenet`. */
  quality(image: Pixels, truth: Pixels): Promise<{ readonly psnr: number; readonly ssim: number }>;
  /** Weights between two processors of one architecture: 0 the first, 1 the second. */
  interpolate(first: BrowserProcessor, second: BrowserProcessor, balance: number): Promise<BrowserProcessor>;
  /** @throws UserError as `load`; the signal's reason. With `onStep` after each step. */
  train(
    training: BrowserTraining,
    options?: WorkOptions & { onStep?(report: TrainingStepReport): void },
  ): Promise<TrainedInBrowser>;
  /** Degrades an image as a task does: downscaling, noise, JPEG. */
  degrade(image: BrowserImage, task: "sr" | "denoise" | "jpeg", strength: number, seed?: number): Promise<Pixels>;
  /** Frees a model. */
  release(model: BrowserModel): void;
  /** Ends the worker. */
  close(): void;
}

/** Starts the worker. @throws UserError when WebAssembly or its files cannot be loaded; says which file. */
export type OpenLegible = (options?: BrowserOptions) => Promise<Legible>;
