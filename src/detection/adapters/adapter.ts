import type { Tensor } from "../../onnx/tensor.js";
import type { Tensors } from "../../runtime/session.js";
import type { Candidates } from "../candidates.js";
import type { DetectorKeys, Head } from "../sidecar.js";
import type { AdapterName } from "./names.js";

/** Width and height of a detector's input in pixels. */
export interface InputSize {
  readonly width: number;
  readonly height: number;
}

/** What an adapter decides from. */
export interface DetectorFile {
  /** The outputs of a trial run on one image, in the order of the file; several in a detector with a fixed batch. */
  readonly outputs: readonly NamedTensor[];
  /** The names of all inputs. */
  readonly inputs: readonly string[];
  /** Tensors that the file holds, by name. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The size of the input in the trial. */
  readonly size: InputSize;
  /** The key `detector` of the sidecar. */
  readonly keys: DetectorKeys;
  /** The raw heads that the sidecar lists. */
  readonly heads: readonly Head[];
  /** The number of class names, background included if it is named; undefined if there are no names. */
  readonly names: number | undefined;
  /** Whether the first name is the background. */
  readonly namesBackground: boolean;
  /** What the exporter Ultralytics notes as `task`. */
  readonly task: string | undefined;
}

export interface NamedTensor extends Tensor {
  readonly name: string;
}

/** Reads the boxes from the outputs of a detector. */
export interface Decoder {
  /** The layout that was found, in a few terms: "cx, cy, w, h in pixels, objectness, 20 classes". */
  readonly layout: string;
  /** The number of classes, without the background; undefined if the file outputs class indices. */
  readonly classes: number | undefined;
  /** How the family's images are resized if nothing else is stated. */
  readonly resize: "letterbox" | "stretch" | "none";
  /** The IoU of non-maximum suppression if nothing else is stated; 1 for files that suppress themselves. */
  readonly nmsIou: number;
  /** Adds the candidates of the first image of the batch, with corners in pixels of the input. */
  decode(outputs: Tensors, size: InputSize, found: Candidates): void;
}

/** A family of output layouts. */
export interface Adapter {
  readonly name: AdapterName;
  /** What it looks for, for the message of a file that no adapter fits. */
  readonly looksFor: string;
  /**
   * @returns undefined if the outputs do not have its layout.
   * @throws UserError when they have it, but the sidecar contradicts it or lacks a part.
   */
  match(file: DetectorFile): Decoder | undefined;
}
