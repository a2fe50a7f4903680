import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors.js";
import type { LabelsPrediction, Unjudged } from "../recognition/judge.js";
import type { Asker, AskingOptions, Spent } from "./asking.js";
import { StoppedRun } from "./faults.js";
import type { ServiceName } from "./names.js";
import type { SentImage, ServiceOptions } from "./service.js";

/** What a courier opens: a service, and how it is asked. */
export interface CourierPlan {
  readonly service: ServiceName;
  readonly options: ServiceOptions;
  readonly asking: Omit<AskingOptions, "signal">;
}

/** A message to a courier: what it opens, an image, or that it starts no further request. */
export type ToCourier =
  | { readonly kind: "open"; readonly plan: CourierPlan }
  | { readonly kind: "ask"; readonly id: number; readonly image: SentImage }
  | { readonly kind: "stop" };

/** A courier's answer for an image. */
export interface FromCourier {
  readonly id: number;
  readonly spent: Spent;
  readonly prediction?: LabelsPrediction | Unjudged;
  /** Why there is none. */
  readonly error?: { readonly kind: "stopped" | "user" | "internal"; readonly message: string };
}

interface Waiting {
  resolve(prediction: LabelsPrediction | Unjudged): void;
  reject(error: unknown): void;
}

/**
 * Asks a service from a process of its own, in a process group of its own. If this process is killed, also with SIGKILL, the
 * courier stores the answers of the requests under way and ends; without it they would be lost and paid for again. It also reads
 * answers while ONNX Runtime blocks this process.
 */
export class Courier implements Asker {
  spent: Spent = { requests: 0, cost: 0 };
  private child: ChildProcess | undefined;
  private closed: Promise<void> = Promise.resolve();
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;

  constructor(
    private readonly plan: CourierPlan,
    private readonly signal: AbortSignal | undefined,
  ) {}

  answerOf(image: SentImage): Promise<LabelsPrediction | Unjudged> {
    if (this.signal?.aborted) return Promise.reject(this.signal.reason);
    const child = this.child ?? this.start();
    const id = this.count++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      child.send({ kind: "ask", id, image } satisfies ToCourier, (error) => error && this.fail(id, error));
    });
  }

  async close(): Promise<void> {
    this.signal?.removeEventListener("abort", this.stop);
    if (this.child?.connected) this.child.disconnect();
    await this.closed;
  }

  private readonly stop = () => {
    if (this.child?.connected) this.child.send({ kind: "stop" } satisfies ToCourier, () => {});
  };

  private start(): ChildProcess {
    const child = fork(fileURLToPath(new URL("./courier-process.js", import.meta.url)), [], {
      ...{ detached: true, execArgv: [], serialization: "advanced" },
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    this.child = child;
    this.closed = new Promise((resolve) => child.once("exit", () => resolve()));
    child.on("message", (message) => this.settle(message as FromCourier));
    child.once("error", (error) => this.failAll(error.message));
    child.once("exit", (code, signal) => this.failAll(signal ?? `exit code ${code}`));
    child.send({ kind: "open", plan: this.plan } satisfies ToCourier, () => {});
    this.signal?.addEventListener("abort", this.stop);
    return child;
  }

  private settle({ id, spent, prediction, error }: FromCourier): void {
    this.spent = spent;
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (prediction) waiting?.resolve(prediction);
    else if (this.signal?.aborted) waiting?.reject(this.signal.reason);
    else waiting?.reject(thrown(error));
  }

  private fail(id: number, error: unknown): void {
    this.waiting.get(id)?.reject(this.signal?.aborted ? this.signal.reason : error);
    this.waiting.delete(id);
  }

  private failAll(reason: string): void {
    const error = new UserError(`the process that asks ${this.plan.service} ended (${reason}); rerun to resume`);
    for (const id of [...this.waiting.keys()]) this.fail(id, error);
  }
}

function thrown({ kind, message }: NonNullable<FromCourier["error"]> = { kind: "internal", message: "" }): Error {
  if (kind === "stopped") return new StoppedRun(message);
  return kind === "user" ? new UserError(message) : new Error(message);
}
