/** The most images that are worked on at the same time, and the most pixels of their inputs; a larger image is alone. */
const [MOST_IMAGES, MOST_PIXELS] = [4, 2 ** 21];

/**
 * Lets several small images be worked on at the same time, so that one is decoded or encoded while the network runs on
 * another, and a large one alone, so that memory holds one. Images enter in the order of their calls.
 */
export class WorkSlots {
  private images = 0;
  private pixels = 0;
  private readonly waiting: { readonly pixels: number; readonly enter: () => void }[] = [];

  /** Waits until there is room for an image. @returns a function that frees its room, once. */
  async enter(pixels: number): Promise<() => void> {
    const size = Math.min(pixels, MOST_PIXELS);
    await new Promise<void>((enter) => {
      this.waiting.push({ pixels: size, enter });
      this.admit();
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
      if (!next || this.images >= MOST_IMAGES || this.pixels + next.pixels > MOST_PIXELS) return;
      this.waiting.shift();
      this.images++;
      this.pixels += next.pixels;
      next.enter();
    }
  }
}
