import { AnsweringThread } from "../answering-thread.js";
import type { Item } from "../data/item.js";
import type { Image } from "../images/image.js";
import type { Likeness, Question, Told } from "./assistant-worker.js";

/**
 * A thread that does beside the networks, which block the one they are started from, what needs no network: decoding and
 * cropping pictures, and comparing them.
 */
export class Assistant extends AnsweringThread<Told> {
  private asked = 0;

  constructor() {
    super(new URL("./assistant-worker.js", import.meta.url), "the thread beside the evaluation");
  }

  /**
   * The part of a photograph that is evaluated.
   * @throws UserError when the file cannot be read.
   */
  crop(item: Item, multiple: number): Promise<Image> {
    return this.ask({ kind: "crop", item, multiple }) as Promise<Image>;
  }

  /**
   * How near the images of each row are to the clean ones.
   * @throws UserError when their sizes differ or are too small.
   */
  compare(rows: readonly (readonly Image[])[], clean: readonly Image[]): Promise<readonly Likeness[]> {
    return this.ask({ kind: "compare", rows, clean }) as Promise<readonly Likeness[]>;
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private ask(question: Question): Promise<Told> {
    const id = this.asked++;
    return this.askFor(id, { id, question });
  }
}
