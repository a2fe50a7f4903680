import { pixelsInHeader } from "../platform/node/image-header.js";
import type { Pace } from "../reporter.js";
import type { FilePlan } from "./plan.js";

/** The most images whose headers are read, spread evenly over a plan. */
const SAMPLES = 2000;
/** Headers that are read at the same time. */
const TOGETHER = 16;

/**
 * Estimates the time that a batch still takes. The time of an image is modeled as a + b · pixels, fitted by least squares to
 * the images that are done; the pixels of those that are left come from a sample of headers, in their order, because folders
 * often hold small images first and large ones last, or the reverse.
 */
export class WorkPace {
  /** The pixels of the images from each index of the sample on, over the whole plan; undefined until the headers are read. */
  private left: readonly number[] | undefined;
  private readonly stride: number;
  private headers: Promise<void> | undefined;
  private last: number | undefined;
  private readonly fit = new Line();

  /**
   * @param scale of the results, which relates their size to that of the inputs.
   * @param now the time in milliseconds.
   */
  constructor(
    private readonly plan: FilePlan,
    private readonly scale: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.stride = Math.max(1, plan.images.length / SAMPLES);
  }

  /**
   * To be called when an image starts that is not complete. At the first one, headers are read.
   * @returns resolves when they are; until then, images that are left count as those that are done.
   */
  start(): Promise<void> {
    this.last ??= this.now();
    this.headers ??= this.readHeaders();
    return this.headers;
  }

  /** To be called when an image ends that was computed, with the size of its result. */
  done({ width, height }: { readonly width: number; readonly height: number }): void {
    const time = this.now();
    const seconds = (time - (this.last ?? time)) / 1000;
    this.last = time;
    this.fit.add((width * height) / this.scale ** 2, seconds);
  }

  /** To be called when an image ends without being computed: its time counts for no other. */
  passed(): void {
    if (this.last !== undefined) this.last = this.now();
  }

  /** The pace after the end of `ended` images; undefined until it is known. */
  after(ended: number): Pace | undefined {
    const { count, seconds } = this.fit;
    if (count === 0 || seconds < 0.5) return undefined;
    const remaining = this.plan.images.length - ended;
    const pixels = this.left?.[Math.ceil(ended / this.stride)];
    const secondsLeft = pixels === undefined ? (remaining * seconds) / count : this.fit.total(remaining, pixels);
    return { perSecond: count / seconds, secondsLeft };
  }

  private async readHeaders(): Promise<void> {
    const { images } = this.plan;
    const count = Math.ceil(images.length / this.stride);
    const pixels: (number | undefined)[] = [];
    for (let first = 0; first < count; first += TOGETHER) {
      const group = Array.from({ length: Math.min(TOGETHER, count - first) }, (_, i) => first + i);
      const paths = group.map((each) => images[Math.floor(each * this.stride)]?.input ?? "");
      pixels.push(...(await Promise.all(paths.map(pixelsInHeader))));
    }
    const left = new Array<number>(count + 1).fill(0);
    for (let i = count - 1; i >= 0; i--) left[i] = (left[i + 1] ?? 0) + (pixels[i] ?? 0) * this.stride;
    this.left = left;
  }
}

/** Seconds after which a time counts for 1/e, because the load of a machine changes. */
const MEMORY = 600;

/** A line a + b · x through points, by least squares in which later points count for more; a and b are not negative. */
class Line {
  /** The weight of all points. */
  count = 0;
  /** The sum of all y, weighted. */
  seconds = 0;
  private x = 0;
  private xx = 0;
  private xy = 0;

  /** @param y in seconds, which pass until the next point. */
  add(x: number, y: number): void {
    const kept = Math.exp(-y / MEMORY);
    this.count = kept * this.count + 1;
    this.x = kept * this.x + x;
    this.xx = kept * this.xx + x * x;
    this.xy = kept * this.xy + x * y;
    this.seconds = kept * this.seconds + y;
  }

  /** The sum of y over `count` points whose x add up to `x`. */
  total(count: number, x: number): number {
    const spread = this.xx - this.x ** 2 / this.count;
    const slope = spread > 1e-9 * this.xx ? (this.xy - (this.x * this.seconds) / this.count) / spread : 0;
    const steepest = this.x > 0 ? this.seconds / this.x : 0;
    const b = Math.min(Math.max(slope, 0), steepest);
    const a = (this.seconds - b * this.x) / this.count;
    return a * count + b * x;
  }
}
