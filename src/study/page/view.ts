/// <reference lib="dom" />

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Which part of an image a frame shows, and how large. */
export class View {
  /** The largest level. */
  static readonly LARGEST = 8;
  /** How many times larger than the original size, 1 to `LARGEST`. */
  level: number;
  /** The size of the frame in CSS pixels. */
  frame: Size = { width: 1, height: 1 };
  readonly #initial: number;
  /** The point of the image in the middle of the frame, in image pixels. */
  #center = { x: 0, y: 0 };

  /** @param smallest CSS pixels that the longer side of the image covers at least, initially. */
  constructor(
    private readonly width: number,
    private readonly height: number,
    smallest: number,
  ) {
    this.#initial = Math.min(View.LARGEST, Math.ceil(smallest / Math.max(width, height)));
    this.level = this.#initial;
    this.reset();
  }

  /** The size of an image pixel in CSS pixels: a whole number of the screen's pixels, about 1 at level 1. */
  get pixel(): number {
    const ratio = window.devicePixelRatio || 1;
    return (Math.max(1, Math.round(ratio)) * this.level) / ratio;
  }

  /** The size of the image in CSS pixels. */
  size(): Size {
    return { width: this.width * this.pixel, height: this.height * this.pixel };
  }

  /** Where the image begins in the frame, in CSS pixels that are whole pixels of the screen. */
  position(): { readonly x: number; readonly y: number } {
    const ratio = window.devicePixelRatio || 1;
    const { width, height } = this.size();
    const place = (frame: number, image: number, center: number) => {
      const free = frame - image;
      const begin = free >= 0 ? free / 2 : Math.min(0, Math.max(free, frame / 2 - center * this.pixel));
      return Math.round(begin * ratio) / ratio;
    };
    return {
      x: place(this.frame.width, width, this.#center.x),
      y: place(this.frame.height, height, this.#center.y),
    };
  }

  /** Whether the image is larger than its frame. */
  movable(): boolean {
    const { width, height } = this.size();
    return width > this.frame.width + 0.5 || height > this.frame.height + 0.5;
  }

  /** Returns to the initial level, with the middle of the image in the middle of the frame. */
  reset(): void {
    this.level = this.#initial;
    this.#center = { x: this.width / 2, y: this.height / 2 };
  }

  /** Sets the level. The image pixel at (x, y) of the frame, its middle by default, stays where it is. */
  zoom(level: number, x = this.frame.width / 2, y = this.frame.height / 2): void {
    const before = this.position();
    const point = { x: (x - before.x) / this.pixel, y: (y - before.y) / this.pixel };
    this.level = Math.min(View.LARGEST, Math.max(1, Math.round(level)));
    this.#center = {
      x: point.x + (this.frame.width / 2 - x) / this.pixel,
      y: point.y + (this.frame.height / 2 - y) / this.pixel,
    };
    this.#keepInside();
  }

  /** Moves the image by a distance in CSS pixels. */
  move(x: number, y: number): void {
    this.#center = { x: this.#center.x - x / this.pixel, y: this.#center.y - y / this.pixel };
    this.#keepInside();
  }

  /** Keeps the middle where the image fills the frame, so that moving back has an effect at once. */
  #keepInside(): void {
    const keep = (center: number, image: number, frame: number) => {
      const half = Math.min(image, frame / this.pixel) / 2;
      return Math.min(image - half, Math.max(half, center));
    };
    this.#center = {
      x: keep(this.#center.x, this.width, this.frame.width),
      y: keep(this.#center.y, this.height, this.frame.height),
    };
  }
}
