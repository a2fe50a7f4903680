import { shuffled } from "../random.js";

/** Which image each sample of a run is: every epoch is a random order of all images, which follows from the seed. */
export class Epochs {
  private last: { epoch: number; order: Uint32Array } = { epoch: -1, order: new Uint32Array() };

  /** @param count number of images. */
  constructor(
    private readonly count: number,
    private readonly seed: number,
  ) {}

  /** The epoch and the position in it of a run's `index`-th sample, counted over all epochs. */
  locate(index: number): { epoch: number; position: number } {
    return { epoch: Math.floor(index / this.count), position: index % this.count };
  }

  /** The images of an epoch in their order. */
  orderOf(epoch: number): Uint32Array {
    if (this.last.epoch !== epoch) this.last = { epoch, order: shuffled(this.count, this.seed, epoch) };
    return this.last.order;
  }
}
