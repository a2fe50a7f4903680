import { messageOf, UserError } from "../errors.js";
import { float32, type Tensor } from "../onnx/tensor.js";

/** A network in Legible's format that can be run. */
export interface Runnable {
  readonly name: string;
  /** @param images [N, 3, H, W], RGB in [0, 1]. */
  run(images: Tensor): Promise<Tensor>;
}

/** How the sizes of a processor's input and output relate. */
export interface Geometry {
  /** Output pixels per input pixel along each axis. */
  readonly scale: number;
  /** Width and height of the input must be multiples of this. */
  readonly multiple: number;
  /** The only size of its input, in pixels; undefined if it accepts others. */
  readonly fixed?: { readonly width: number; readonly height: number };
}

/** Multiples that are tried: networks halve the image up to five times. */
const MULTIPLES = [1, 2, 4, 8, 16, 32];

/** Side of the square that a network is tried on, to which the multiple is added. */
const TRIAL_SIDE = 32;

/**
 * The largest receptive radius that is measured, in input pixels. A network with a global receptive field, such as one with
 * global average pooling, gets this radius.
 */
const MAX_RADIUS = 64;

/** Side of the square that is changed to measure the receptive radius. */
const CHANGED_SIDE = 16;

/** Runs the processor on noise of several sizes. @throws UserError when it runs on none of them. */
export async function measureGeometry(processor: Runnable): Promise<Geometry> {
  const reasons: string[] = [];
  for (const multiple of MULTIPLES) {
    const side = TRIAL_SIDE + multiple;
    try {
      const planes = await restorePlanes(processor, noise(side), side, side);
      await restorePlanes(processor, noise(side, side + multiple), side + multiple, side);
      return { scale: Math.sqrt(planes.length / 3) / side, multiple };
    } catch (error) {
      reasons.push(messageOf(error).replace(/\s+/g, " "));
    }
  }
  throw new UserError(`${processor.name} cannot process images of any size: ${reasons.at(-1)}`);
}

/**
 * Runs a processor on one image.
 * @param planes RGB in [0, 1], [3, height, width].
 * @returns [3, scale * height, scale * width].
 * @throws UserError when the network does not map one image to one image of the same size or larger.
 */
export async function restorePlanes(
  processor: Runnable,
  planes: Float32Array,
  width: number,
  height: number,
): Promise<Float32Array> {
  const { type, shape, data } = await processor.run(float32(planes, [1, 3, height, width]));
  if (!(data instanceof Float32Array)) throw new UserError(`its output holds ${type}, not float32`);
  const [batch, channels, rows = 0, columns = 0] = shape;
  const scale = rows / height;
  if (batch !== 1 || channels !== 3 || columns !== scale * width || scale < 1 || !Number.isInteger(scale))
    throw new UserError(`it maps 1x3x${height}x${width} to ${shape.join("x")}`);
  return data;
}

/** Changes a square in the middle of a random patch and measures how far from it the output changes. */
export async function measureRadius(processor: Runnable, { scale }: Geometry): Promise<number> {
  const side = CHANGED_SIDE + 2 * MAX_RADIUS;
  const input = noise(side);
  const before = await restorePlanes(processor, input, side, side);
  const changed = input.map((value, i) => {
    const inside = distanceToSquare(i % side) === 0 && distanceToSquare(Math.floor(i / side) % side) === 0;
    return inside ? 1 - value : value;
  });
  const after = await restorePlanes(processor, changed, side, side);
  const outputSide = side * scale;
  let radius = 0;
  for (let i = 0; i < before.length; i++) {
    if (before[i] === after[i]) continue;
    const x = Math.floor((i % outputSide) / scale);
    const y = Math.floor((Math.floor(i / outputSide) % outputSide) / scale);
    radius = Math.max(radius, distanceToSquare(x), distanceToSquare(y));
  }
  return radius;
}

/** How far a column or row of the patch is from the changed square; 0 inside. */
const distanceToSquare = (position: number): number =>
  Math.max(0, MAX_RADIUS - position, position - (MAX_RADIUS + CHANGED_SIDE - 1));

/** Deterministic noise [3, side, width] in [0, 1): the fractional parts of a fast sine. */
const noise = (side: number, width = side): Float32Array =>
  Float32Array.from({ length: 3 * side * width }, (_, i) => {
    const value = Math.sin(i + 1) * 43758.5453;
    return value - Math.floor(value);
  });
