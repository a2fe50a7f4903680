import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { requestCounts } from "../../testing/remote-judges.js";
import { flatFile, standInOf } from "../../testing/stand-ins.js";
import { temporaryFolder } from "../../testing/workspace.js";
import { openSqlite } from "../platform/node/sqlite.js";
import { settingOf } from "./asking.js";
import { AnswerCache } from "./cache.js";
import { Courier } from "./courier.js";
import type { SentImage } from "./service.js";
import { openService } from "./services/index.js";

const imageOf = async (color: string): Promise<SentImage> => ({
  bytes: new Uint8Array(await flatFile(color)),
  type: "image/png",
  width: 100,
  height: 100,
});
const images = await Promise.all(["#ff0000", "#00ff00", "#0000ff"].map(imageOf));

test("a courier answers as the service does, and counts requests and cost", async (t) => {
  const { url } = await standInOf(t, "google");
  const cache = join(temporaryFolder(t), "answers.db");
  const courier = new Courier(
    { service: "google", options: { endpoint: url }, asking: { cache, price: 0.5 } },
    undefined,
  );
  const found = await Promise.all(images.map((image) => courier.answerOf(image)));
  assert.deepEqual(
    found.map((each) => each.kind === "labels" && each.labels[0]?.name),
    ["red fox", "green lizard", "blue jay"],
  );
  assert.deepEqual(courier.spent, { requests: 3, cost: 1.5 });
  await courier.close();
});

test("a courier that is stopped starts no request, and stores the answers under way", async (t) => {
  const server = await standInOf(t, "google", { faults: 1, fault: ["slow"], delay: 0.5 });
  const cache = join(temporaryFolder(t), "answers.db");
  const options = { endpoint: server.url };
  const stopping = new AbortController();
  const asking = { cache, concurrency: 1 };
  const courier = new Courier({ service: "google", options, asking }, stopping.signal);
  const results = images.map((image) => courier.answerOf(image));
  const settled = Promise.allSettled(results);
  await results[0];
  stopping.abort(new Error("enough"));
  const last = (await settled).at(-1);
  assert.equal(last?.status === "rejected" && last.reason.message, "enough");
  await courier.close();
  const counts = requestCounts(await server.logged(1));
  const answers = new AnswerCache(cache);
  const stored = answers.count(settingOf(await openService("google", options)).setting);
  answers.close();
  assert.deepEqual([stored, counts.paidTwice], [counts.paid, 0]);
  assert.ok(stored >= 1 && stored <= 2, `${stored} answers`);
});

test("a limit that is reached, and a courier that is killed, are one sentence each", async (t) => {
  const server = await standInOf(t, "google", { faults: 1, fault: ["500"] });
  const folder = temporaryFolder(t);
  const plan = { service: "google", options: { endpoint: server.url } } as const;
  const limited = new Courier({ ...plan, asking: { cache: join(folder, "a.db"), maxRequests: 1 } }, undefined);
  const [, ...others] = await Promise.allSettled(images.map((image) => limited.answerOf(image)));
  assert.match(others[0]?.status === "rejected" ? others[0].reason.message : "", /stopped after 1 requests/);
  await limited.close();
  const killed = new Courier({ ...plan, asking: { cache: join(folder, "b.db") } }, undefined);
  t.after(() => killed.close());
  const asked = killed.answerOf(images[0] as SentImage);
  asked.catch(() => {});
  await server.logged(2); // the request of the first courier, and that of this one
  process.kill(courierOf(join(folder, "b.db")), "SIGKILL");
  await assert.rejects(asked, {
    name: "UserError",
    message: "the process that asks google ended (SIGKILL); rerun to resume",
  });
});

/** The number of the process that sent the first request that a cache records. */
function courierOf(cache: string): number {
  const database = openSqlite(cache, "");
  const { process } = database.prepare("SELECT process FROM attempts").get() as { process: string };
  database.close();
  return Number(process.split("-")[1]);
}
