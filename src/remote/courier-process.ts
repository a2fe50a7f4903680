import { messageOf, UserError } from "../errors.js";
import { Asking } from "./asking.js";
import type { CourierPlan, FromCourier, ToCourier } from "./courier.js";
import { StoppedRun } from "./faults.js";
import type { SentImage } from "./service.js";
import { openService } from "./services/index.js";

/* The process that `Courier` starts. It ends when its connection closes, after the requests under way. */

/** Aborts when no further request is to be sent. */
const stopping = new AbortController();
const stop = () => stopping.abort(new StoppedRun("the run has ended; rerun to resume"));

let asking: Promise<Asking> | undefined;

async function open({ service, options, asking: how }: CourierPlan): Promise<Asking> {
  return new Asking(await openService(service, options), { ...how, signal: stopping.signal });
}

async function answer(id: number, image: SentImage): Promise<FromCourier> {
  const nothing = { requests: 0, cost: 0 };
  let opened: Asking | undefined;
  try {
    opened = await (asking as Promise<Asking>);
    const prediction = await opened.answerOf(image);
    return { id, spent: spentOf(opened), prediction };
  } catch (error) {
    const kind = error instanceof StoppedRun ? "stopped" : error instanceof UserError ? "user" : "internal";
    return { id, spent: opened ? spentOf(opened) : nothing, error: { kind, message: messageOf(error) } };
  }
}

const spentOf = ({ spent: { requests, cost } }: Asking) => ({ requests, cost });

process.on("message", (message: ToCourier) => {
  if (message.kind === "stop") stop();
  if (message.kind === "open") {
    asking = open(message.plan);
    asking.catch(() => {}); // each image is answered with the error
  }
  if (message.kind === "ask")
    void answer(message.id, message.image).then((result) => {
      if (process.connected) process.send?.(result, undefined, undefined, () => {});
    });
});

process.once("disconnect", async () => {
  stop();
  const opened = await asking?.catch(() => undefined);
  await opened?.close();
  process.exit();
});
