import { Worker } from "node:worker_threads";
import type { Item } from "../data/item.js";
import { UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import type { Answer, Likeness, Question } from "./assistant-worker.js";

interface Waiting {
  resolve(value: Image | readonly Likeness[]): void;
  reject(error: Error): void;
}

/**
 * A thread that does beside the networks, which block the one they are started from, what needs no network: decoding and
 * cropping pictures, and comparing them. When it dies, whoever waits for it is told.
 */
export class Assistant {
  private readonly worker = new Worker(new URL("./assistant-worker.js", import.meta.url));
  private readonly waiting = new Map<number, Waiting>();
  private asked = 0;
  private dead: Error | undefined;

  constructor() {
    this.worker.on("message", (answer: Answer) => this.receive(answer));
    this.worker.on("error", (error) => this.die(error));
    this.worker.on("exit", (code) => this.die(new Error(`the thread beside the evaluation ended with code ${code}`)));
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

  private ask(question: Question): Promise<Image | readonly Likeness[]> {
    const id = this.asked++;
    const answer = new Promise<Image | readonly Likeness[]>((resolve, reject) => {
      if (this.dead) reject(this.dead);
      else this.waiting.set(id, { resolve, reject });
    });
    answer.catch(() => {}); // reported to whoever awaits it
    this.worker.postMessage({ id, question });
    return answer;
  }

  private receive(answer: Answer): void {
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if ("value" in answer) waiting?.resolve(answer.value);
    else waiting?.reject(new UserError(answer.failure));
  }

  private die(error: Error): void {
    this.dead ??= error;
    for (const { reject } of this.waiting.values()) reject(this.dead);
    this.waiting.clear();
  }
}
