import { type Transferable, Worker } from "node:worker_threads";
import { UserError } from "../../errors.js";
import { coreCount } from "./core-count.js";

/**
 * Number of worker threads beside the networks: one per core, four at most. With one per core they slow all cores alike; the
 * threads of a network run at the speed of the slowest core.
 */
export const workerCount = (): number => Math.min(coreCount(), 4);

/** A worker's response to the request of that id: a value, or why there is none. */
export type WorkerResponse<Value> = { readonly id: number } & (
  | { readonly value: Value }
  | { readonly failure: string }
);

interface Pending<Value> {
  resolve(value: Value): void;
  reject(error: Error): void;
}

/**
 * Workers for CPU work that ONNX Runtime's blocking `run()` would delay. A client holds one worker thread and matches its
 * responses to the pending requests. If the thread ends, all pending requests are rejected.
 */
export class WorkerClient<Value> {
  protected readonly worker: Worker;
  /** Why the worker ended, once it has. */
  protected ended: Error | undefined;
  private readonly pending = new Map<number, Pending<Value>>();

  /** @param title of the thread, for the message when it ends by itself. */
  constructor(script: URL, title: string, workerData?: unknown) {
    // The flag that gives the type of a program on the command line is refused by Node.js for files.
    const execArgv = process.execArgv.filter((flag) => !/^--input-type\b/.test(flag));
    this.worker = new Worker(script, { workerData, execArgv });
    this.worker.on("message", (response: WorkerResponse<Value>) => this.receive(response));
    this.worker.on("error", (error) => this.end(error));
    this.worker.on("exit", (code) => this.end(new Error(`${title} ended with code ${code}`)));
  }

  /**
   * Sends a message, to which the worker responds with this id.
   * @param transfer the memory in the message that the worker gets instead of a copy.
   * @throws UserError with the failure of the response.
   */
  protected request(id: number, message: unknown, transfer: readonly Transferable[] = []): Promise<Value> {
    const response = new Promise<Value>((resolve, reject) => {
      if (this.ended) reject(this.ended);
      else this.pending.set(id, { resolve, reject });
    });
    response.catch(() => {}); // the caller may await it later
    this.worker.postMessage(message, [...transfer]);
    return response;
  }

  /** Settles the request of a response. */
  protected receive(response: WorkerResponse<Value>): void {
    const pending = this.pending.get(response.id);
    this.pending.delete(response.id);
    if ("value" in response) pending?.resolve(response.value);
    else pending?.reject(new UserError(response.failure));
  }

  private end(error: Error): void {
    this.ended ??= error;
    for (const { reject } of this.pending.values()) reject(this.ended);
    this.pending.clear();
  }
}
