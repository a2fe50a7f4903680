/// <reference lib="dom" />
import { UserError } from "../errors.js";
import type { BrowserOptions, Legible, UsedDevice, WorkOptions } from "./api.js";
import type { Answer, Method, Request, SentError } from "./protocol.js";

/** The functions and the signal of a call, which stay in the page. */
type CallOptions = WorkOptions & Pick<Parameters<Legible["train"]>[1] & object, "onStep">;

interface PendingCall extends Pick<CallOptions, "onProgress" | "onStep"> {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

/** The page's end of the worker: sends calls, and settles their promises by the answers. */
export class WorkerClient {
  private readonly worker: Worker;
  private readonly address: string;
  private readonly pending = new Map<number, PendingCall>();
  private readonly opened: Promise<UsedDevice>;
  private opening: Pick<PendingCall, "reject"> & { resolve(used: UsedDevice): void } = { resolve() {}, reject() {} };
  private calls = 0;
  /** Why no call is possible; undefined while the worker runs. */
  private ended: Error | undefined;

  /** @param folder the folder of `worker.js`, with a slash at the end. */
  constructor(private readonly folder: string) {
    this.opened = new Promise((resolve, reject) => {
      this.opening = { resolve, reject };
    });
    // A bundler would rewrite an address that it can read here.
    this.address = `${folder}worker.js`;
    this.worker = new Worker(this.address, { type: "module", name: "legible" });
    this.worker.onmessage = ({ data }: MessageEvent<Answer>) => this.settle(data);
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.end(new UserError(failureOf(this.address, event.message)));
    };
  }

  /** Prepares the worker. @throws UserError when it cannot start. */
  open({ device, threads }: BrowserOptions): Promise<UsedDevice> {
    this.send({ kind: "open", folder: this.folder, device, threads });
    return this.opened;
  }

  /** Calls a method of the worker. The promise is rejected with the signal's reason as soon as it aborts. */
  async call<T>(method: Method, args: readonly unknown[], options: CallOptions = {}): Promise<T> {
    const { onProgress, onStep, signal, ...rest } = options;
    signal?.throwIfAborted();
    if (this.ended) throw this.ended;
    const id = this.calls++;
    const result = new Promise<unknown>((resolve, reject) => {
      this.pending.set(id, { resolve, reject, ...(onProgress && { onProgress }), ...(onStep && { onStep }) });
    });
    const cancel = () => {
      this.send({ kind: "cancel", id });
      this.take(id)?.reject(signal?.reason);
    };
    signal?.addEventListener("abort", cancel);
    try {
      this.send({ kind: "call", id, method, args: Object.keys(rest).length > 0 ? [...args, rest] : args });
      return (await result) as T;
    } finally {
      this.pending.delete(id);
      signal?.removeEventListener("abort", cancel);
    }
  }

  /** Ends the worker. Calls that it has not answered are rejected. */
  close(): void {
    this.end(new UserError("the worker is closed"));
  }

  private send(request: Request): void {
    this.worker.postMessage(request);
  }

  private settle(answer: Answer): void {
    if (answer.kind === "opened") this.opening.resolve(answer.used);
    else if (answer.kind === "progress") this.pending.get(answer.id)?.onProgress?.(answer.share);
    else if (answer.kind === "step") this.pending.get(answer.id)?.onStep?.(answer.report);
    else if (answer.kind === "result") this.take(answer.id)?.resolve(answer.value);
    else if (answer.id === undefined) this.opening.reject(errorFrom(answer.error));
    else this.take(answer.id)?.reject(errorFrom(answer.error));
  }

  /** A call that gets its answer, and no further one. */
  private take(id: number): PendingCall | undefined {
    const call = this.pending.get(id);
    this.pending.delete(id);
    return call;
  }

  private end(reason: Error): void {
    if (this.ended) return;
    this.ended = reason;
    this.worker.terminate();
    this.opened.catch(() => {});
    this.opening.reject(reason);
    for (const id of [...this.pending.keys()]) this.take(id)?.reject(reason);
  }
}

const errorFrom = ({ message, user }: SentError): Error => (user ? new UserError(message) : new Error(message));

/** The message of a worker that failed outside a call. A file that cannot be loaded has no message. */
const failureOf = (address: string, message: string | undefined): string =>
  message ? `the worker ${address} failed: ${message}` : `cannot load the worker ${address}`;
