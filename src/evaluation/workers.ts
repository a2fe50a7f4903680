import type { Item } from "../data/item.js";
import { type EvaluationSample, evaluationSample } from "../data/samples.js";
import type { Task } from "../data/task.js";
import { taskKinds } from "../data/tasks/index.js";
import type { Image } from "../images/image.js";
import { THREADS, WorkerClient } from "../platform/node/worker-client.js";
import { randomAt } from "../random.js";
import type { Likeness, Question, Told } from "./assistant-worker.js";

/**
 * Threads that do beside the networks, which block the one they are started from, what needs no network: decoding, cropping
 * and degrading pictures, and comparing them.
 */
export class Assistants {
  private readonly threads = Array.from({ length: THREADS }, () => new Assistant());

  /**
   * What is evaluated of a photograph. The degradation is made in the thread where it knows the task, in this one otherwise.
   * @param seed of what is random in it, together with the photograph's number.
   * @throws UserError when the file cannot be read, or leaves too little to judge.
   */
  async sample(item: Item, task: Task, [seed, number]: readonly [number, number]): Promise<EvaluationSample> {
    const thread = this.threads[number % this.threads.length] as Assistant;
    if (taskKinds.includes(task.kind)) {
      const { name, options } = task;
      return (await thread.ask({ kind: "sample", item, task: { name, options }, seed, number })) as EvaluationSample;
    }
    const crop = (await thread.ask({ kind: "crop", item, multiple: task.scale })) as Image;
    return evaluationSample(crop, task, randomAt(seed, number));
  }

  /**
   * How near the images of each row are to the clean ones.
   * @throws UserError when their sizes differ or are too small.
   */
  async compare(rows: readonly (readonly Image[])[], clean: readonly Image[]): Promise<readonly Likeness[]> {
    const share = Math.ceil(clean.length / this.threads.length);
    const answers = this.threads.map((thread, i) => {
      const part = (images: readonly Image[]) => images.slice(i * share, (i + 1) * share);
      return thread.ask({ kind: "compare", rows: rows.map(part), clean: part(clean) }) as Promise<readonly Likeness[]>;
    });
    const parts = await Promise.all(answers);
    return rows.map((_, row) => ({
      psnr: parts.flatMap((likenesses) => (likenesses[row] as Likeness).psnr),
      ssim: parts.flatMap((likenesses) => (likenesses[row] as Likeness).ssim),
    }));
  }

  async close(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.close()));
  }
}

class Assistant extends WorkerClient<Told> {
  private asked = 0;

  constructor() {
    super(new URL("./assistant-worker.js", import.meta.url), "a thread beside the evaluation");
  }

  ask(question: Question): Promise<Told> {
    const id = this.asked++;
    return this.request(id, { id, question });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
