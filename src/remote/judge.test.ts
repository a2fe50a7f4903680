import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../../testing/workspace.js";
import type { Image } from "../images/image.js";
import { openSqlite } from "../platform/node/sqlite.js";
import { openServiceJudge, type ServiceJudge, type ServiceJudgeOptions } from "./judge.js";
import { openService } from "./services/index.js";

/** What a server does with a request: the n-th of all, and the n-th for its image, both from 0. */
type Behavior = (response: ServerResponse, n: number, ofImage: number) => void;

const answered: Behavior = (response) => {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ labels: ["dog", "grass"], scores: [0.9, 0.5] }));
};

const status =
  (code: number, headers: Record<string, string> = {}, body: object = { error: "no" }): Behavior =>
  (response) => {
    response.writeHead(code, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  };

interface Served {
  readonly url: string;
  /** Requests and answers with labels, by the SHA-256 of the image. */
  readonly requests: Map<string, number>;
  readonly paid: Map<string, number>;
  readonly times: number[];
  readonly keys: Set<string>;
  most: number;
}

/** A service that answers with labels, unless its behavior differs. */
async function serve(t: TestContext, behavior: Behavior): Promise<Served> {
  const served: Served = { url: "", requests: new Map(), paid: new Map(), times: [], keys: new Set(), most: 0 };
  let [n, open] = [0, 0];
  const server = createServer((request, response) => {
    served.times.push(Date.now());
    served.most = Math.max(served.most, ++open);
    served.keys.add(String(request.headers["x-key"]));
    response.on("close", () => open--);
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const hash = createHash("sha256").update(Buffer.concat(chunks)).digest("hex");
      const before = served.requests.get(hash) ?? 0;
      served.requests.set(hash, before + 1);
      response.on("finish", () => {
        if (response.statusCode === 200) served.paid.set(hash, (served.paid.get(hash) ?? 0) + 1);
      });
      behavior(response, n++, before);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(served, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/labels` });
}

const KEY = "the-secret-key-of-the-service";

async function judgeOf(t: TestContext, url: string, options: Partial<ServiceJudgeOptions> = {}): Promise<ServiceJudge> {
  const folder = temporaryFolder(t);
  const serviceConfig = join(folder, "service.json");
  const headers = { "x-key": "{key}" };
  writeFileSync(
    serviceConfig,
    JSON.stringify({ url, headers, names: "$.labels[*]", confidences: "$.scores[*]", price: 0.01 }),
  );
  const service = await openService("http", { serviceConfig }, { LEGIBLE_HTTP_KEY: KEY });
  const judge = openServiceJudge(service, { cache: join(folder, "answers.db"), backoff: 2, ...options });
  t.after(() => judge.release());
  return judge;
}

const gray = (value: number): Image => ({ width: 4, height: 3, data: new Uint8Array(36).fill(value) });
const images = (count: number): Image[] => Array.from({ length: count }, (_, i) => gray(i));

test("each image is asked for once: equal images share an answer, and a second run sends nothing", async (t) => {
  const served = await serve(t, answered);
  const cache = join(temporaryFolder(t), "answers.db");
  const judge = await judgeOf(t, served.url, { cache });
  const twice = [...images(5), ...images(5)];
  const [first, again] = await Promise.all([judge.predict(twice), judge.predict(images(5))]);
  assert.equal(first.length, 10);
  assert.deepEqual(first[0], {
    kind: "labels",
    labels: [
      { name: "dog", confidence: 0.9 },
      { name: "grass", confidence: 0.5 },
    ],
  });
  assert.deepEqual(again[2], first[2]);
  assert.deepEqual([...served.requests.values()], [1, 1, 1, 1, 1]);
  const second = await judgeOf(t, served.url, { cache });
  assert.equal(second.cached(), 5);
  assert.deepEqual(await second.predict(images(5)), first.slice(0, 5));
  assert.equal(second.spent().requests, 0);
  assert.equal(served.times.length, 5);
});

test("429, 500, malformed JSON, another type, a lost connection and a timeout are tried again; no answer is paid for twice", async (t) => {
  const faults: Behavior[] = [
    status(429, { "retry-after": "0" }),
    status(500),
    (response) => response.writeHead(503, { "content-type": "text/html" }).end("<html>"),
    (response) => response.destroy(),
    () => {}, // no answer in time
    status(429, { "retry-after": new Date(Date.now() - 5000).toUTCString() }),
  ];
  const served = await serve(t, (response, n, ofImage) =>
    ofImage === 0 && n > 0
      ? (faults[n % faults.length] as Behavior)(response, n, ofImage)
      : answered(response, n, ofImage),
  );
  const judge = await judgeOf(t, served.url, { timeout: 1500, concurrency: 6 });
  const predictions = await judge.predict(images(13));
  assert.ok(predictions.every(({ kind }) => kind === "labels"));
  assert.ok([...served.paid.values()].every((count) => count === 1));
  assert.equal(served.paid.size, 13);
});

test("a success that is no JSON of the service is tried again a few times, and then the image has no prediction", async (t) => {
  const malformed: Behavior[] = [
    (response) => response.writeHead(200, { "content-type": "application/json" }).end('{"labels": ["do'),
    (response) => response.writeHead(200, { "content-type": "text/html" }).end("<html></html>"),
    status(200, {}, { labels: ["dog"], scores: [] }),
  ];
  const served = await serve(t, (response, n, ofImage) =>
    n > 0 ? (malformed[n % 3] as Behavior)(response, n, ofImage) : answered(response, n, ofImage),
  );
  const judge = await judgeOf(t, served.url, { retries: 2 });
  const [first, second] = await judge.predict(images(2));
  assert.equal(first?.kind, "labels");
  assert.ok(second?.kind === "unjudged" && /gave no answer in 3 attempts/.test(second.reason), JSON.stringify(second));
  assert.equal(served.times.length, 4);
});

test("a refused image is skipped alone and not tried again", async (t) => {
  const served = await serve(t, (response, n, ofImage) => (n === 1 ? status(400) : answered)(response, n, ofImage));
  const predictions = await (await judgeOf(t, served.url, { concurrency: 1 })).predict(images(3));
  assert.deepEqual(
    predictions.map(({ kind }) => kind),
    ["labels", "unjudged", "labels"],
  );
  assert.equal(served.times.length, 3);
});

test("no request is sent before the time that Retry-After asks for, in seconds or as a date", async (t) => {
  for (const kind of ["seconds", "date"]) {
    const date = new Date(Date.now() + 2000);
    const after = kind === "seconds" ? "1" : date.toUTCString();
    const served = await serve(t, (response, n, ofImage) =>
      (n === 0 ? status(429, { "retry-after": after }) : answered)(response, n, ofImage),
    );
    await (await judgeOf(t, served.url)).predict(images(3));
    const [first = 0, second = 0] = served.times;
    const least = kind === "seconds" ? first + 1000 : Date.parse(after);
    assert.ok(second >= least - 20, `${least - second} ms too early`);
  }
});

test("a wrong key, a wait of an hour, a redirect and a service that is down end the run with one sentence, without the key", async (t) => {
  const other = await serve(t, answered);
  const echo = { error: `the key ${KEY} is not valid` };
  const cases: [Behavior, RegExp, number][] = [
    [status(401, {}, echo), /refuses the key .*check LEGIBLE_HTTP_KEY .*rerun to resume$/, 1],
    [status(403, {}, echo), /refuses the key/, 1],
    [status(402), /the quota of .* is used up/, 1],
    [status(404), /does not know what is asked for .*check `endpoint`/, 1],
    [status(429, { "retry-after": "3600" }), /asks to wait 60 minutes/, 1],
    [
      status(302, { location: other.url }),
      /redirects to "http:\/\/127.0.0.1:\d+\/labels", and the key is sent to no other URL/,
      1,
    ],
    [status(500), /6 images in a row have no answer/, 24],
  ];
  for (const [behavior, message, most] of cases) {
    const served = await serve(t, behavior);
    const cache = join(temporaryFolder(t), "answers.db");
    const judge = await judgeOf(t, served.url, { cache, retries: 1 });
    await assert.rejects(judge.predict(images(9)), (error: Error) => {
      assert.match(error.message, message);
      assert.ok(!error.message.includes(KEY) && !error.message.includes("\n"));
      return true;
    });
    assert.ok(served.times.length <= most, `${served.times.length} requests`);
    await judge.release();
    assert.ok(!readFileSync(cache).includes(KEY), "the cache contains the key");
  }
  assert.equal(other.times.length, 0);
  const down = await serve(t, answered);
  const unused = down.url.replace(/:\d+/, ":1"); // fetch does not connect to port 1
  await assert.rejects((await judgeOf(t, unused)).predict(images(2)), /cannot be reached/);
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await assert.rejects(
    (await judgeOf(t, `http://127.0.0.1:${port}`)).predict(images(2)),
    /cannot be reached, the connection is refused; check `endpoint`/,
  );
});

test("the limits of requests and cost stop before the request that would exceed them, and the answers so far are kept", async (t) => {
  const served = await serve(t, answered);
  for (const [limit, message, least] of [
    [{ maxRequests: 4 }, /stopped after 4 requests, the limit of `maxRequests`/, 4],
    [{ maxCost: 0.07 }, /stopped at an estimated cost of \$0\.0700: .*`maxCost` 0\.07/, 7],
  ] as const) {
    const cache = join(temporaryFolder(t), "answers.db");
    const before = served.times.length;
    const judge = await judgeOf(t, served.url, { cache, ...limit });
    await assert.rejects(judge.predict(images(20)), message);
    assert.equal(served.times.length - before, least);
    assert.equal(judge.cached(), least);
    const rest = await judgeOf(t, served.url, { cache });
    await rest.predict(images(20));
    assert.equal(rest.spent().requests, 20 - least);
  }
});

test("at most `concurrency` requests are open, after a first one alone, and `rate` limits those of a second", async (t) => {
  const slow: Behavior = (response, n, ofImage) => setTimeout(() => answered(response, n, ofImage), 30);
  const served = await serve(t, slow);
  await (await judgeOf(t, served.url, { concurrency: 3 })).predict(images(10));
  assert.equal(served.most, 3);
  const limited = await serve(t, answered);
  const start = Date.now();
  await (await judgeOf(t, limited.url, { rate: 20, concurrency: 8 })).predict(images(11));
  assert.ok(Date.now() - start >= 450, `11 requests at 20 a second took ${Date.now() - start} ms`);
});

test("a cache that cannot be written ends the run after one request, so that no answer is paid for again", async (t) => {
  const served = await serve(t, answered);
  const cache = join(temporaryFolder(t), "answers.db");
  const judge = await judgeOf(t, served.url, { cache });
  const db = openSqlite(cache, "");
  db.exec("CREATE TRIGGER full BEFORE UPDATE ON attempts BEGIN SELECT RAISE(ABORT, 'disk is full'); END");
  db.close();
  await assert.rejects(judge.predict(images(5)), /answers cannot be stored in .*answers.db, .*disk is full.*rerun to/);
  assert.equal(served.times.length, 1);
});

test("after Retry-After, requests start at `rate` again instead of all at once", async (t) => {
  const served = await serve(t, (response, n, ofImage) =>
    (n === 1 ? status(429, { "retry-after": "1" }) : answered)(response, n, ofImage),
  );
  await (await judgeOf(t, served.url, { rate: 5, concurrency: 8 })).predict(images(6));
  const later = served.times.slice(2);
  const gaps = later.slice(1).map((time, i) => time - (later[i] as number));
  assert.ok(gaps.length === 4 && gaps.every((gap) => gap >= 100), `pauses of ${gaps} ms; expected about 200`);
});

test("Retry-After of 0 or in the past does not remove the pause before a retry", async (t) => {
  const served = await serve(t, (response, n, ofImage) =>
    (n < 4 ? status(429, { "retry-after": n % 2 === 0 ? "0" : new Date(0).toUTCString() }) : answered)(
      response,
      n,
      ofImage,
    ),
  );
  // Random pauses up to 200, 400, 800 and 1600 ms: together below 100 ms in fewer than one of 10 000 runs.
  const judge = await judgeOf(t, served.url, { backoff: 200 });
  assert.equal((await judge.predict(images(1)))[0]?.kind, "labels");
  const [first = 0] = served.times;
  assert.ok((served.times.at(-1) ?? 0) - first >= 100, `5 attempts in ${(served.times.at(-1) ?? 0) - first} ms`);
});

test("when the signal aborts, requests under way are completed and kept, and no other is sent", async (t) => {
  const controller = new AbortController();
  const served = await serve(t, (response, n, ofImage) => {
    if (n === 2) controller.abort(new Error("interrupted"));
    setTimeout(() => answered(response, n, ofImage), 50);
  });
  const judge = await judgeOf(t, served.url, { concurrency: 2, signal: controller.signal });
  await assert.rejects(judge.predict(images(12)), /interrupted/);
  assert.equal(judge.cached(), served.times.length);
  assert.ok(served.times.length <= 4);
});

test("every raw answer is kept, also those of failed attempts, without the key", async (t) => {
  const served = await serve(t, (response, n, ofImage) =>
    (n === 0 ? status(500, {}, { error: KEY }) : answered)(response, n, ofImage),
  );
  const cache = join(temporaryFolder(t), "answers.db");
  const judge = await judgeOf(t, served.url, { cache });
  await judge.predict(images(1));
  await judge.release();
  const db = openSqlite(cache, "SELECT 1");
  const rows = db.prepare("SELECT status, outcome, body, received FROM attempts ORDER BY id").all() as Record<
    string,
    unknown
  >[];
  db.close();
  assert.deepEqual(
    rows.map(({ status, outcome }) => [status, outcome]),
    [
      [500, "failed"],
      [200, "answered"],
    ],
  );
  assert.deepEqual(JSON.parse(String(rows[0]?.body)), { error: "[key]" });
  assert.deepEqual(JSON.parse(String(rows[1]?.body)).labels, ["dog", "grass"]);
  assert.deepEqual([...served.keys], [KEY]);
});

/** A process that judges 24 images with a cache, as `judgeOf` does. */
function judging(url: string, cache: string, serviceConfig: string) {
  const program = `
    const [{ openService }, { openServiceJudge }] = await Promise.all([import(process.argv[1]), import(process.argv[2])]);
    const service = await openService("http", { serviceConfig: process.argv[4] }, { LEGIBLE_HTTP_KEY: "${KEY}" });
    const judge = openServiceJudge(service, { cache: process.argv[3], backoff: 2, concurrency: 4 });
    const image = (value) => ({ width: 4, height: 3, data: new Uint8Array(36).fill(value) });
    const found = await judge.predict(Array.from({ length: 24 }, (_, i) => image(i)));
    console.log(found.filter(({ kind }) => kind === "labels").length);`;
  const modules = ["services/index.js", "judge.js"].map((name) => new URL(name, import.meta.url).href);
  writeFileSync(serviceConfig, JSON.stringify({ url, headers: { "x-key": "{key}" }, names: "$.labels[*]" }));
  return spawn(process.execPath, ["--input-type=module", "-e", program, ...modules, cache, serviceConfig], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    stdio: ["ignore", "pipe", "inherit"],
  });
}

test("two processes that share a cache ask for each image once; one that is killed loses only the requests under way", async (t) => {
  const folder = temporaryFolder(t);
  const [cache, config] = [join(folder, "answers.db"), join(folder, "service.json")];
  const slow: Behavior = (response, n, ofImage) => setTimeout(() => answered(response, n, ofImage), 20);
  const shared = await serve(t, slow);
  const both = [judging(shared.url, cache, config), judging(shared.url, cache, config)];
  await Promise.all(both.map((each) => once(each, "exit")));
  assert.deepEqual(
    both.map(({ exitCode }) => exitCode),
    [0, 0],
  );
  assert.equal(shared.requests.size, 24);
  assert.ok([...shared.requests.values()].every((count) => count === 1));
  const killed = await serve(t, (response, n, ofImage) => {
    if (n === 9) first.kill("SIGKILL");
    slow(response, n, ofImage);
  });
  const first = judging(killed.url, `${cache}-2`, config);
  await once(first, "exit");
  const second = judging(killed.url, `${cache}-2`, config);
  await once(second, "exit");
  assert.equal(second.exitCode, 0);
  assert.equal(killed.requests.size, 24);
  const again = [...killed.requests.values()].filter((count) => count > 1).length;
  assert.ok(again <= 4, `${again} images were asked for twice; 4 requests can be under way`);
});
