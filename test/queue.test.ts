import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Queue } from "bullmq";
import { writeModel } from "../src/platform/node/models.js";
import { JobQueue, queueName, queueOptions } from "../src/queue/queue.js";
import { hashesOf, Workers } from "../testing/queue-workers.js";
import { startRedis, withoutRedis } from "../testing/redis.js";
import { legible } from "../testing/run-command.js";
import { startS3 } from "../testing/s3-server.js";
import { enlarging, temporaryFolder, writeClassifier, writeLabeledImages } from "../testing/workspace.js";

const skip = withoutRedis;

/** A folder with a model that enlarges two times, and images of which some are broken. */
async function writeInputs(t: TestContext, count: number, broken: number) {
  const folder = temporaryFolder(t);
  const at = (name: string): string => join(folder, name);
  writeModel(enlarging(2), at("x2.onnx"));
  await writeLabeledImages(at("in/deep"), count, 16);
  for (let i = 0; i < broken; i++) writeFileSync(at(`in/broken-${i}.png`), `no image ${i}`);
  return { at, enhance: (out: string) => ["enhance", at("in"), "-o", out, "--model", at("x2.onnx")] };
}

const done = async (args: readonly string[]): Promise<string> => {
  const { code, out, err } = await legible(args);
  assert.equal(code, 0, err);
  return out.trim();
};

/** Starts workers that end with the test. */
function startWorkers(t: TestContext, count: number, url: string, ...flags: string[]): Workers {
  const workers = new Workers(url, flags);
  t.after(() => workers.stop("SIGKILL"));
  for (let i = 0; i < count; i++) workers.start();
  return workers;
}

/** Waits until a run is over. @returns what is printed, and the exit code. */
async function over(run: string, url: string) {
  const { code, out, err } = await legible(["jobs", "watch", run, "--json", "--queue", url]);
  return { code, status: JSON.parse(out), err };
}

test("images get the files of legible enhance, once, though workers are killed and the server restarts", {
  skip,
}, async (t) => {
  const redis = await startRedis(t);
  const { at, enhance } = await writeInputs(t, 120, 3);
  const submit = ["submit", ...enhance(at("out")), "--queue", redis.url];
  const run = await done(submit);
  const workers = startWorkers(t, 2, redis.url, "--concurrency", "2", "--lock", "2");
  for (let round = 0; round < 2; round++) {
    while (workers.ends("done").size < 20 * (round + 1)) await setTimeout(50);
    await workers.stopOldest("SIGKILL");
    workers.start();
    if (round !== 0) continue;
    await redis.stop();
    await setTimeout(500);
    await redis.run();
  }
  const { code, status } = await over(run, redis.url);
  assert.equal(code, 2);
  assert.deepEqual([status.total, status.done, status.dead], [123, 120, 3]);
  assert.deepEqual(await workers.stop(), [0, 0]);
  assert.deepEqual(workers.stray, []);
  await legible(enhance(at("local")));
  const expected = new Map(hashesOf(at("local")));
  expected.delete(".legible-jobs.jsonl");
  expected.delete("deep/labels.csv");
  assert.deepEqual(hashesOf(at("out")), expected);

  await t.test("dead jobs are the broken files, and can start again", async () => {
    const dead = await done(["jobs", "dead", run, "--queue", redis.url]);
    assert.match(dead, /^(.*broken-\d.png: cannot decode .*: unsupported image format; .*\n?){3}$/);
    writeFileSync(at("in/broken-0.png"), readFileSync(at("in/deep/0.png")));
    assert.equal(await done(["jobs", "retry", run, "--queue", redis.url]), "3 jobs start again");
    const others = startWorkers(t, 1, redis.url);
    const { status } = await over(run, redis.url).then(async (first) =>
      first.status.dead < 2 ? over(run, redis.url) : first,
    );
    assert.deepEqual([status.done, status.dead], [121, 2]);
    await others.stop();
  });

  await t.test("results have a line for each image, and submitting again adds what is missing", async () => {
    const lines = (await done(["jobs", "results", run, "--queue", redis.url]))
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.equal(lines.length, 121);
    const one = lines.find(({ output }) => output === "deep/7.png");
    assert.deepEqual([one.status, one.width, one.sha256], ["done", 32, expected.get("deep/7.png")]);
    writeFileSync(at("in/new.png"), readFileSync(at("in/deep/0.png")));
    const again = await legible(submit);
    assert.equal(again.out.trim(), run);
    assert.match(again.err, /submitted 1 job; 123 jobs were submitted before/);
  });

  await t.test("a canceled run does no more work, and a removed one is gone", async () => {
    assert.equal(await done(["jobs", "cancel", run, "--queue", redis.url]), `${run} is canceled`);
    const last = startWorkers(t, 1, redis.url);
    while (last.ends("canceled").size === 0) await setTimeout(100);
    assert.equal(hashesOf(at("out")).has("new.png"), false);
    await last.stop();
    await done(["jobs", "remove", run, "--queue", redis.url]);
    assert.deepEqual(JSON.parse(await done(["jobs", "list", "--json", "--queue", redis.url])), []);
    const { code, err } = await legible(["jobs", "watch", run, "--queue", redis.url]);
    assert.equal(code, 1);
    assert.match(err, /the queue has no run \w+; legible jobs list shows the runs/);
  });
});

test("with SIGTERM no job starts twice, and what does not end in time goes back into the queue", {
  skip,
}, async (t) => {
  const redis = await startRedis(t);
  const { at, enhance } = await writeInputs(t, 40, 0);
  const run = await done(["submit", ...enhance(at("out")), "--queue", redis.url]);
  const workers = startWorkers(t, 2, redis.url, "--concurrency", "2");
  const codes: (number | null)[] = [];
  for (let round = 0; round < 2; round++) {
    while (workers.ends("done").size < 8 * (round + 1)) await setTimeout(20);
    codes.push(await workers.stopOldest("SIGTERM"));
    workers.start();
  }
  assert.equal((await over(run, redis.url)).status.done, 40);
  assert.deepEqual([...codes, ...(await workers.stop())], [0, 0, 0, 0]);
  assert.deepEqual([...workers.ends("done").values()], Array(40).fill(1));
});

test("a job that takes longer than its lock is done once", { skip }, async (t) => {
  const redis = await startRedis(t);
  const folder = temporaryFolder(t);
  await writeLabeledImages(join(folder, "in"), 1, 480);
  const [input, out] = [join(folder, "in"), join(folder, "out")];
  const run = await done(["submit", "enhance", input, "-o", out, "--for", "people", "--queue", redis.url]);
  const workers = startWorkers(t, 2, redis.url, "--lock", "1");
  assert.equal((await over(run, redis.url)).code, 0);
  const [record] = (await done(["jobs", "results", run, "--queue", redis.url])).split("\n");
  const { seconds } = JSON.parse(record as string);
  t.diagnostic(`the job took ${seconds} s`);
  assert.ok(seconds > 3, `${seconds} s is too short to show it`);
  await workers.stop();
  assert.deepEqual([...workers.ends("done").values()], [1]);
  assert.ok(workers.lines.every(({ msg }) => !msg.includes("without a word")));
});

test("a matrix of trainings in a queue gives the tables of one machine", { skip }, async (t) => {
  const redis = await startRedis(t);
  const folder = temporaryFolder(t);
  const at = (name: string): string => join(folder, name);
  await writeLabeledImages(at("data"), 8, 48);
  const names = ["one", "two", "three"];
  await writeClassifier(at("one.onnx"), 32);
  await writeClassifier(at("two.onnx"), 32, (b, x) => b.Sigmoid(x));
  await writeClassifier(at("three.onnx"), 32, (b, x) => b.Tanh(x));
  const matrix = ["transfer", "--data", at("data"), "--evaluate", at("data"), "--objective", "ra=0.1"];
  const sources = names.flatMap((name) => ["--source", at(`${name}.onnx`)]);
  const schedule = "--processor compact-s --scale 2 --steps 4 --batch 2 --crop 32 --threads 1".split(" ");
  const args = [...matrix, ...sources, ...schedule];
  const local = await done([...args, "--out", at("local")]);
  const run = await done(["submit", ...args, "--out", at("out"), "--queue", redis.url]);
  startWorkers(t, 2, redis.url);
  const { code, status } = await over(run, redis.url);
  assert.deepEqual([code, status.total, status.done], [0, 5, 5]); // plain, three sources, and the evaluation
  const printed = await done(["jobs", "results", run, "--queue", redis.url]);
  const tables = (text: string): string => text.slice(0, text.indexOf("\n\ntables:"));
  assert.equal(tables(printed), tables(local));
  assert.equal(readFileSync(at("out/transfer.md"), "utf8"), readFileSync(at("local/transfer.md"), "utf8"));
});

test("a bucket is enhanced into another place of the bucket", { skip }, async (t) => {
  const redis = await startRedis(t);
  const endpoint = await startS3(t, "photos");
  const { at, enhance } = await writeInputs(t, 4, 1);
  await done(["submit", ...enhance("s3://photos/in"), "--endpoint", endpoint, "--queue", redis.url]);
  const workers = startWorkers(t, 1, redis.url, "--concurrency", "2");
  while (workers.ends("done").size < 4) await setTimeout(50);
  const model = ["--model", at("x2.onnx")];
  const run = await done([
    "submit",
    "enhance",
    "s3://photos/in",
    "-o",
    "s3://photos/out",
    ...model,
    "--endpoint",
    endpoint,
    "--queue",
    redis.url,
  ]);
  assert.equal((await over(run, redis.url)).status.done, 4);
  await done([
    "submit",
    "enhance",
    "s3://photos/out",
    "-o",
    at("twice"),
    ...model,
    "--endpoint",
    endpoint,
    "--queue",
    redis.url,
  ]).then((last) => over(last, redis.url));
  await legible(enhance(at("once")));
  await legible(["enhance", at("once"), "-o", at("again"), ...model]);
  await legible(["enhance", at("again"), "-o", at("local"), ...model]);
  const expected = new Map(hashesOf(at("local")));
  expected.delete(".legible-jobs.jsonl");
  assert.deepEqual(hashesOf(at("twice")), expected);
});

test("what is wrong with a queue is said in one sentence", { skip }, async (t) => {
  const { at, enhance } = await writeInputs(t, 400, 0);
  const submit = ["submit", ...enhance(at("out"))];
  const failure = async (url: string, ...args: string[]): Promise<string> => {
    const { code, err } = await legible([...(args.length > 0 ? args : submit), "--queue", url]);
    assert.equal(code, 1, err);
    return (err.trim().split("\n").at(-1) as string).replace("legible: ", "");
  };
  const away = "redis://:secret@127.0.0.1:9";
  assert.equal(
    await failure(away),
    "cannot reach the queue at redis://127.0.0.1:9: nothing listens there; is the server running?",
  );
  assert.match(await failure(away, "worker"), /cannot reach the queue at redis:\/\/127\.0\.0\.1:9/);
  assert.match(await failure("queue:6379"), /queue:6379 is not the address of a queue; expected redis:\/\/host:6379/);
  const one = await startRedis(t);
  const own = ["submit", "enhance", at("in"), "-o", at("in"), "--model", at("x2.onnx")];
  assert.match(await failure(one.url, ...own), /would be overwritten by its own result: choose another `?(--)?output/);
  const inside = ["submit", "enhance", at("in"), "-o", at("in/results"), "--model", at("x2.onnx"), "--queue", one.url];
  mkdirSync(at("in/results"));
  writeFileSync(at("in/results/0.png"), readFileSync(at("in/deep/0.png")));
  assert.match((await legible(inside)).err, /submitted 400 jobs/);
  rmSync(at("in/results"), { recursive: true });

  const locked = await startRedis(t, ["--requirepass", "secret"]);
  assert.match(await failure(locked.url), /refuses the user or the password: give them as redis:/);
  assert.match(await failure(locked.url.replace("//", "//:wrong@")), /refuses the user or the password/);

  const full = await startRedis(t, ["--maxmemory", "1600kb"]);
  assert.match(await failure(full.url), /has no memory left: raise its maxmemory, or wait until jobs are done/);
  await legible(["jobs", "list", "--queue", full.url]);
  const evicting = await startRedis(t, ["--maxmemory-policy", "allkeys-lru"]);
  const { err } = await legible([...submit, "--queue", evicting.url]);
  assert.match(
    err,
    /warning: the queue at .* is not safe: its maxmemory-policy is allkeys-lru, so that it may drop jobs/,
  );
  assert.match(await failure(evicting.url, "jobs", "dead", "none"), /the queue has no run none/);
});

test("a server that is too old is refused", async (t) => {
  const old = createServer((socket) => {
    socket.on("data", (chunk) => {
      const info = "redis_version:5.0.14\r\nloading:0\r\n";
      for (const command of chunk.toString().match(/^\*\d+\r\n\$\d+\r\n\w+/gm) ?? [])
        socket.write(/info$/i.test(command) ? `$${info.length}\r\n${info}\r\n` : "+OK\r\n");
    });
  });
  await once(old.listen(0, "127.0.0.1"), "listening");
  t.after(() => old.close());
  const url = `redis://127.0.0.1:${(old.address() as AddressInfo).port}`;
  const { code, err } = await legible(["jobs", "list", "--queue", url]);
  const expected = `legible: the server at ${url} is Redis 5.0.14; the queue needs 6.2 or newer\n`;
  assert.deepEqual([code, err], [1, expected]);
});

test("a worker leaves the jobs of another version alone and says so; without its server it stops in time", {
  skip,
}, async (t) => {
  const redis = await startRedis(t);
  const queue = await JobQueue.open(redis.url);
  t.after(() => queue.close());
  const others = new Queue(queueName("0.0.1"), queueOptions(queue.redis));
  const run = { kind: "command", command: "train", settings: {}, folder: "/", version: "0.0.1" } as const;
  await queue.runs.create({ ...run, id: "theirs", submitted: new Date().toISOString() });
  await others.addBulk(["a", "b"].map((name) => ({ name, data: { run: "theirs" } })));

  const workers = startWorkers(t, 1, redis.url, "--drain", "1");
  await workers.logged("2 jobs were submitted by Legible 0.0.1 and wait for workers of that version; this is ");
  await workers.logged("waiting for jobs");
  assert.equal(await others.getWaitingCount(), 2);
  await others.close();

  await redis.stop();
  await workers.logged("lost the queue");
  const start = performance.now();
  assert.deepEqual(await workers.stop(), [0]);
  const seconds = (performance.now() - start) / 1_000;
  assert.ok(seconds < 20, `it took ${seconds} s`);
});
