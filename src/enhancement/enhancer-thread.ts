import type { Transferable } from "node:worker_threads";
import { messageOf, UserError } from "../errors.js";
import { WorkerClient } from "../platform/node/worker-client.js";
import type { OpenOptions } from "../processors/open.js";
import type { Message, Reply, Result, Results, Work, WorkerSettings, WorkOf } from "./enhancer-worker.js";
import { unlessAborted } from "./input.js";
import { watchExit } from "./orderly-exit.js";

/** How a request is run. */
export interface RequestOptions {
  /** What to call the image in errors. */
  readonly name: string;
  readonly onProgress?: ((share: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The memory in the request that the worker gets instead of a copy. */
  readonly transfer?: readonly Transferable[];
}

/** A worker thread with a processor. It keeps the process alive only while it works. */
export class EnhancerThread extends WorkerClient<Result> {
  private sent = 0;
  private readonly listeners = new Map<number, (share: number) => void>();
  /** Resolves when no aborted request is running any more. */
  private free: Promise<void> = Promise.resolve();

  constructor(model: string, options: OpenOptions) {
    const { state, forget } = watchExit();
    const settings: WorkerSettings = { model, options, exit: state };
    super(new URL("./enhancer-worker.js", import.meta.url), "it", settings);
    this.worker.unref();
    this.worker.once("exit", forget);
  }

  /** Resolves when the thread can begin with a request. @returns whether it has not ended. */
  async isFree(): Promise<boolean> {
    await this.free;
    return !this.ended;
  }

  /**
   * Runs one request; the earlier one must have ended.
   * @throws UserError with the failure of the work; the signal's reason as soon as it aborts; Error when the thread ends.
   */
  async run<Kind extends Work["kind"]>(
    work: WorkOf<Kind>,
    { name, onProgress, signal, transfer }: RequestOptions,
  ): Promise<Results[Kind]> {
    const id = this.sent++;
    const failed = new AbortController();
    const stopped = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]);
    this.listeners.set(id, (share) => {
      try {
        onProgress?.(share);
      } catch (error) {
        failed.abort(error);
      }
    });
    this.worker.ref();
    const response = this.request(id, { id, work } satisfies Message, transfer).finally(() => this.worker.unref());
    try {
      return (await unlessAborted(response, stopped)) as Results[Kind];
    } catch (error) {
      if (stopped.aborted) this.abort(id, response);
      else if (!(error instanceof UserError)) throw crashOf(name, error);
      throw error;
    } finally {
      this.listeners.delete(id);
    }
  }

  /** Ends the thread once it is idle. */
  async close(): Promise<void> {
    if (!(await this.isFree())) return;
    const ended = new Promise((resolve) => this.worker.once("exit", resolve));
    this.worker.ref();
    this.worker.postMessage("close" satisfies Message);
    await ended;
  }

  protected override receive(reply: Reply): void {
    if ("share" in reply) this.listeners.get(reply.id)?.(reply.share);
    else super.receive(reply);
  }

  /** Aborts a request after the running tile. The thread is not ended by force: ONNX Runtime would abort the process. */
  private abort(id: number, response: Promise<Result>): void {
    this.worker.postMessage({ abort: id } satisfies Message);
    this.free = response.then(
      () => {},
      () => {},
    );
  }
}

const crashOf = (name: string, error: unknown): Error =>
  new Error(`cannot enhance ${name}: the worker thread ended (${messageOf(error)}); the next call starts a new one`, {
    cause: error,
  });
