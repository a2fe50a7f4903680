import { messageOf, UserError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import { float32 } from "../graph/tensor.js";
import { inferenceForm } from "../lowering/inference.js";
import { Session, type SessionOptions } from "../runtime/session.js";
import { readRestorer, standardized } from "../training/restorer.js";

/** Sizes that a network may want to be a multiple of, because it halves the picture up to five times inside. */
const multiples = [1, 2, 4, 8, 16, 32];
/** Side of the square that a network is tried on, plus the multiple. */
const trialSide = 32;

/**
 * The largest receptive radius looked for, in input pixels. A network that looks at the whole picture (by a global
 * average, say) has none; it gets this one.
 */
const maxRadius = 64;
/** Side of the square that is changed to see how far the change reaches. */
const changedSide = 16;

/**
 * A trained network that turns a picture [1, 3, H, W], RGB in [0, 1], into one `scale` times as wide and high.
 * Scale, multiple and receptive radius are found by running it.
 */
export class Processor {
  private radius: Promise<number> | undefined;

  private constructor(
    readonly session: Session,
    /** How many output pixels there are for an input pixel, each way. */
    readonly scale: number,
    /** Width and height must be multiples of this. */
    readonly multiple: number,
  ) {}

  /**
   * @throws UserError when the model is missing, cannot be loaded, or does not map a picture to a picture.
   */
  static async open(model: Graph | string, options: SessionOptions = {}): Promise<Processor> {
    const graph = typeof model === "string" ? standardized(await readRestorer(model)) : model;
    const session = await Session.create(inferenceForm(graph), options);
    const reasons: string[] = [];
    for (const multiple of multiples) {
      const side = trialSide + multiple;
      try {
        const planes = await run(session, noise(side), side, side);
        await run(session, noise(side, side + multiple), side + multiple, side);
        return new Processor(session, scaleOf(planes, side), multiple);
      } catch (error) {
        reasons.push(messageOf(error).replace(/\s+/g, " "));
      }
    }
    throw new UserError(`${graph.name} cannot process pictures of any size: ${reasons.at(-1)}`);
  }

  /** From RGB floats [3, height, width] to [3, scale * height, scale * width]. */
  process(planes: Float32Array, width: number, height: number): Promise<Float32Array> {
    return run(this.session, planes, width, height);
  }

  /** How many input pixels away from a pixel its output pixels depend on; at most 64. Measured once. */
  receptiveRadius(): Promise<number> {
    this.radius ??= this.measureRadius();
    return this.radius;
  }

  /** Changes a square in the middle of a random patch and looks how far away the output changes at all. */
  private async measureRadius(): Promise<number> {
    const side = changedSide + 2 * maxRadius;
    const input = noise(side);
    const before = await this.process(input, side, side);
    const changed = input.map((value, i) => {
      const inside = distanceToSquare(i % side) === 0 && distanceToSquare(Math.floor(i / side) % side) === 0;
      return inside ? 1 - value : value;
    });
    const after = await this.process(changed, side, side);
    const outputSide = side * this.scale;
    let radius = 0;
    for (let i = 0; i < before.length; i++) {
      if (before[i] === after[i]) continue;
      const x = Math.floor((i % outputSide) / this.scale);
      const y = Math.floor((Math.floor(i / outputSide) % outputSide) / this.scale);
      radius = Math.max(radius, distanceToSquare(x), distanceToSquare(y));
    }
    return radius;
  }
}

/** How far a column or row of the patch is from those of the changed square; 0 inside. */
const distanceToSquare = (position: number): number =>
  Math.max(0, maxRadius - position, position - (maxRadius + changedSide - 1));

async function run(session: Session, planes: Float32Array, width: number, height: number): Promise<Float32Array> {
  const [input] = session.inputNames;
  const [output] = session.outputNames;
  if (input === undefined || output === undefined || session.inputNames.length > 1)
    throw new UserError(`it has ${session.inputNames.length} inputs instead of one picture`);
  const result = (await session.run({ [input]: float32(planes, [1, 3, height, width]) }, [output]))[output];
  if (!(result?.data instanceof Float32Array)) throw new UserError(`its output holds ${result?.type}, not float32`);
  const [batch, channels, rows = 0, columns = 0] = result.shape;
  const scale = rows / height;
  if (batch !== 1 || channels !== 3 || columns !== scale * width || scale < 1 || !Number.isInteger(scale))
    throw new UserError(`it turns 1x3x${height}x${width} into ${result.shape.join("x")}`);
  return result.data;
}

const scaleOf = (planes: Float32Array, side: number): number => Math.sqrt(planes.length / 3) / side;

/** Fixed noise [3, side, width] in [0, 1): the fractional parts of a fast sine. */
const noise = (side: number, width = side): Float32Array =>
  Float32Array.from({ length: 3 * side * width }, (_, i) => {
    const value = Math.sin(i + 1) * 43758.5453;
    return value - Math.floor(value);
  });
