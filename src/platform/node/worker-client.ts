import { cpus } from "node:os";
import { Worker } from "node:worker_threads";
import { UserError } from "../../errors.js";

/**
 * How many threads make pictures beside the networks: one for each core, so that all cores of the networks are slowed alike
 * (these go at the speed of their slowest thread), but no more than four.
 */
export const THREADS = Math.min(cpus().length, 4);

/** What a thread sends back for the question of that number: what it made, or why it cannot. */
export type Answer<Value> = { readonly id: number } & ({ readonly value: Value } | { readonly failure: string });

interface Waiting<Value> {
  resolve(value: Value): void;
  reject(error: Error): void;
}

/** A worker thread and the answers that it still owes. When it dies, whoever waits for it is told. */
export class WorkerClient<Value, Received extends Answer<Value> = Answer<Value>> {
  protected readonly worker: Worker;
  protected dead: Error | undefined;
  private readonly waiting = new Map<number, Waiting<Value>>();

  /** @param title what the thread is, for the message when it ends by itself. */
  constructor(script: URL, title: string, workerData?: unknown) {
    this.worker = new Worker(script, { workerData });
    this.worker.on("message", (answer: Received) => this.receive(answer));
    this.worker.on("error", (error) => this.die(error));
    this.worker.on("exit", (code) => this.die(new Error(`${title} ended with code ${code}`)));
  }

  /**
   * Sends a message to which the thread answers with this number.
   * @throws UserError with the failure that it answers.
   */
  protected request(id: number, message: unknown): Promise<Value> {
    const answer = new Promise<Value>((resolve, reject) => {
      if (this.dead) reject(this.dead);
      else this.waiting.set(id, { resolve, reject });
    });
    answer.catch(() => {}); // reported to whoever awaits it
    this.worker.postMessage(message);
    return answer;
  }

  protected receive(answer: Received): void {
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
