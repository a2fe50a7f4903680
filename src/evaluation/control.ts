import { classOf } from "../data/annotation.js";
import { UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import { fromPlanar, toPlanar } from "../images/planar.js";
import { keyOf } from "../jobs/job.js";
import { LossGradientSession } from "../recognition/loss-gradient.js";
import type { RecognizerModel } from "../recognition/model.js";
import type { SessionOptions } from "../runtime/session.js";
import type { ControlSetting } from "./evaluation.js";
import type { Sample } from "./samples.js";

/** The settings of a control. */
export interface ControlOptions extends SessionOptions {
  /** The name of the processor whose images are perturbed. */
  readonly over: string;
  /** By how many dB the PSNR of each image is lowered; above 0. */
  readonly cost: number;
}

/** Images that run at once: few, because images need different numbers of steps. */
const BATCH = 4;
/** A step's length relative to the perturbation that alone would cost as much, if it were orthogonal to the present error. */
const STEP = 1 / 3;
/** Steps along new gradients; after them the last direction is followed as far as the cost requires. */
const STEPS = 16;
/** Halvings of the last step, and doublings of it where the steps before did not cost enough. */
const [HALVINGS, DOUBLINGS] = [20, 12];

/**
 * The control of recognition-aware restoration: another processor's images, perturbed by gradient descent on the cross-entropy
 * of one recognizer with the known label, each until its PSNR against the clean image has fallen by a given cost. It shows what
 * a change of this size can gain for the recognizer, and whether it transfers to others. The steps follow the gradient's
 * direction with equal length (L2, not signs); values are clipped to [0, 1]. The cost is that of the 8-bit image that would be
 * saved.
 */
export class Control {
  private readonly sessions = new Map<number, Promise<LossGradientSession>>();

  /** @throws UserError when the cost is not above 0. */
  constructor(
    private readonly recognizer: RecognizerModel,
    private readonly options: ControlOptions,
  ) {
    if (!(options.cost > 0 && Number.isFinite(options.cost)))
      throw new UserError(
        `the control lowers the PSNR by ${options.cost} dB; the cost must be above 0 (a processor that costs no PSNR has no control)`,
      );
  }

  get setting(): ControlSetting {
    const { over, cost } = this.options;
    const { name } = this.recognizer;
    return { name: `control(${name})`, over, recognizer: name, cost_db: cost, uses_labels: true };
  }

  /** Hash of everything that determines its images, apart from those it perturbs. */
  get key(): string {
    const { sha256, preprocessing, classOffset = 0 } = this.recognizer;
    return keyOf({ version: 1, sha256, preprocessing, classOffset, over: this.options.over, cost: this.options.cost });
  }

  /**
   * Perturbs images of one size. An image that equals the clean one is returned as it is.
   * @throws UserError when the images are not square or have no class.
   */
  async perturb(images: readonly Image[], samples: readonly Pick<Sample, "clean" | "annotation" | "file">[]) {
    const { width: side = 0, height } = images[0] ?? {};
    if (side !== height)
      throw new UserError(`the control needs square images, as of the protocol imagenet, not ${side}x${height} pixels`);
    const session = await this.sessionFor(side);
    const states = images.map((image, i) => stateOf(image, samples[i] as Sample, this.options.cost));
    for (let step = 0; step < STEPS; step++) {
      const open = states.filter(({ done }) => !done);
      for (let start = 0; start < open.length; start += BATCH) await descend(open.slice(start, start + BATCH), session);
    }
    return states.map((state) => (state.done ? state.image : followed(state)));
  }

  /** Frees the sessions. */
  async release(): Promise<void> {
    for (const session of this.sessions.values()) await (await session).release();
    this.sessions.clear();
  }

  private sessionFor(side: number): Promise<LossGradientSession> {
    const { over: _, cost: __, ...options } = this.options;
    const session =
      this.sessions.get(side) ?? LossGradientSession.open(this.recognizer, { side, batch: BATCH, ...options });
    this.sessions.set(side, session);
    return session;
  }
}

/** An image on its way. */
interface State {
  readonly clean: Image;
  readonly label: number;
  /** The mean squared error that costs as much as wanted, in squared levels. */
  readonly target: number;
  /** Length of a step: L2 norm in units of RGB in [0, 1]. */
  readonly step: number;
  /** The image in [0, 1], planar. */
  values: Float32Array;
  /** Where the last step began, and its direction. */
  before: Float32Array;
  direction: Float32Array;
  /** The result, once `done`. */
  image: Image;
  done: boolean;
}

function stateOf(image: Image, { clean, annotation, file }: Sample, cost: number): State {
  const label = classOf({ annotation });
  if (label === null) throw new UserError(`the control needs the class of ${file}`);
  const error = meanSquare(image, clean);
  const target = error * 10 ** (cost / 10);
  const values = new Float32Array(image.data.length);
  toPlanar(image, values, 0);
  const step = (STEP * Math.sqrt((target - error) * values.length)) / 255;
  return { clean, label, target, step, values, before: values, direction: values, image, done: error === 0 };
}

/** One step of gradient descent; an image whose error reaches the target stops inside the step. */
async function descend(states: readonly State[], session: LossGradientSession): Promise<void> {
  const images = new Float32Array(states.length * session.values);
  for (const [i, { values }] of states.entries()) images.set(values, i * session.values);
  const directions = await session.lossDirections(
    images,
    states.map(({ label }) => label),
  );
  for (const [i, state] of states.entries()) {
    state.before = state.values;
    state.direction = directions.slice(i * session.values, (i + 1) * session.values);
    const moved = movedBy(state, state.step);
    if (errorOf(state, moved) >= state.target) finish(state, 0, state.step);
    else state.values = moved;
  }
}

/** Where the steps did not cost enough, the last direction is followed until it does, if that is possible. */
function followed(state: State): Image {
  state.before = state.values;
  let high = state.step;
  for (let i = 0; i < DOUBLINGS && errorOf(state, movedBy(state, high)) < state.target; i++) high *= 2;
  finish(state, 0, high);
  return state.image;
}

/** Ends with the longest part of the last step that does not cost more than wanted, by bisection. */
function finish(state: State, start: number, end: number): void {
  let [low, high] = [start, end];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (errorOf(state, movedBy(state, middle)) < state.target) low = middle;
    else high = middle;
  }
  state.image = saved(state, movedBy(state, low));
  state.done = true;
}

const movedBy = ({ before, direction }: State, length: number): Float32Array =>
  before.map((value, i) => Math.min(Math.max(value - length * (direction[i] as number), 0), 1));

const errorOf = (state: State, values: Float32Array): number => meanSquare(saved(state, values), state.clean);

const saved = ({ clean: { width, height } }: State, values: Float32Array): Image =>
  fromPlanar(values, 0, width, height);

/** In squared levels. */
function meanSquare({ data }: Image, clean: Image): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += ((data[i] as number) - (clean.data[i] as number)) ** 2;
  return sum / data.length;
}
