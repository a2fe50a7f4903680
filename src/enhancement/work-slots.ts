/** The most images that are worked on at the same time, and the most pixels of their inputs; a larger image is alone. */
const [MOST_IMAGES, MOST_PIXELS] = [4, 2 ** 21];

/**
 * Lets several small images be worked on at the same time, so that one is decoded or encoded while the network runs on
 * another, and a large one alone, so that memory holds one. Images enter in the order of their calls.
 */
export class WorkSlots {
  private images = 0;
  private pixels = 0;
  private readonly waiting: { pixels: number | undefined; readonly enter: () => void }[] = [];

  /**
   * Waits until there is room for an image. The order is that of the calls, whenever the pixels are known: an image that waits
   * for the end of an earlier one would otherwise keep its room from it.
   * @param counted resolves to the number of its pixels.
   * @returns a function that frees its room, once.
   */
  async enter(counted: Promise<number>): Promise<() => void> {
    let size = MOST_PIXELS;
    await new Promise<void>((enter) => {
      const place: { pixels: number | undefined; enter: () => void } = { pixels: undefined, enter };
      this.waiting.push(place);
      const admit = (pixels: number): void => {
        size = Math.min(pixels, MOST_PIXELS);
        place.pixels = size;
        this.admit();
      };
      counted.then(admit, () => admit(MOST_PIXELS));
    });
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      this.images--;
      this.pixels -= size;
      this.admit();
    };
  }

  private admit(): void {
    for (;;) {
      const [next] = this.waiting;
      if (next?.pixels === undefined) return;
      if (this.images >= MOST_IMAGES || this.pixels + next.pixels > MOST_PIXELS) return;
      this.waiting.shift();
      this.images++;
      this.pixels += next.pixels;
      next.enter();
    }
  }
}
