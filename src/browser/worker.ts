/// <reference lib="dom" />
import { asUserError, messageOf } from "../errors.js";
import { decode } from "./decode.js";
import { degrade } from "./degrade.js";
import { startRuntime } from "./device.js";
import { enhance } from "./enhance.js";
import { gradient } from "./gradient.js";
import { inspect } from "./inspect.js";
import { interpolate } from "./interpolate.js";
import { load } from "./load.js";
import { Models } from "./models.js";
import type { Answer, CallRequest, Method, OpenRequest, Request, SentError } from "./protocol.js";
import { quality } from "./quality.js";
import { recognize } from "./recognize.js";
import { train } from "./train.js";
import type { Work } from "./work.js";

/** A method: its arguments are those of `Legible`, without the functions and the signal of the options. */
type Handler = (work: Work, ...args: never[]) => Promise<unknown>;

/** The methods of the worker by name. */
const handlers: Record<Method, Handler> = {
  ...{ load, inspect, decode, enhance, recognize, gradient, quality, interpolate, degrade, train },
  release: ({ models }, model: never) => models.release(model),
};

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(answer: Answer, transfer: Transferable[]): void;
};

const send = (answer: Answer, transfer: Transferable[] = []): void => scope.postMessage(answer, transfer);

const models = new Models();
const controllers = new Map<number, AbortController>();
let started: ReturnType<typeof startRuntime> | undefined;
/** Ends with the last call: work is done in the order of the calls. */
let queue: Promise<void> = Promise.resolve();

scope.onmessage = ({ data }) => {
  if (data.kind === "open") void open(data);
  else if (data.kind === "cancel") controllers.get(data.id)?.abort();
  else {
    controllers.set(data.id, new AbortController());
    queue = queue.then(() => answer(data));
  }
};

async function open(request: OpenRequest): Promise<void> {
  started = startRuntime(request);
  try {
    send({ kind: "opened", used: (await started).used });
  } catch (error) {
    send({ kind: "error", id: undefined, error: sent(error) });
  }
}

/** Runs a call and sends its answer; one that is cancelled has none. */
async function answer({ id, method, args }: CallRequest): Promise<void> {
  const { signal } = controllers.get(id) as AbortController;
  try {
    signal.throwIfAborted();
    const { used, session } = await (started as ReturnType<typeof startRuntime>);
    const value = await handlers[method](
      {
        ...{ models, used, session, signal },
        onProgress: (share) => send({ kind: "progress", id, share }),
        onStep: (report) => send({ kind: "step", id, report }),
      },
      ...(args as never[]),
    );
    signal.throwIfAborted();
    send({ kind: "result", id, value }, buffersOf(value));
  } catch (error) {
    if (!signal.aborted) send({ kind: "error", id, error: sent(error) });
  } finally {
    controllers.delete(id);
  }
}

function sent(error: unknown): SentError {
  const user = asUserError(error);
  return { message: messageOf(user ?? error), user: user !== undefined };
}

/** The buffers of the arrays that a result consists of, which are moved to the page. */
const buffersOf = (value: unknown): ArrayBuffer[] =>
  Object.values(value ?? {}).flatMap((part: unknown) =>
    ArrayBuffer.isView(part) && part.buffer instanceof ArrayBuffer ? [part.buffer] : [],
  );
