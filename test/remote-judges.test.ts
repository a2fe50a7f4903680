import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { evaluate } from "../src/commands/evaluate.js";
import { UserError } from "../src/errors.js";
import { encodeImage } from "../src/platform/node/codec.js";
import { writeModel } from "../src/platform/node/models.js";
import { randomAt } from "../src/random.js";
import { killedAfter, requestCounts } from "../testing/remote-judges.js";
import { runCommand } from "../testing/run-command.js";
import { colorNames, standInOf } from "../testing/stand-ins.js";
import { enlarging, temporaryFolder } from "../testing/workspace.js";

/** Images in the set, and rows of an evaluation with one processor: none, clean and the processor. */
const [IMAGES, ROWS] = [6, 3];
const SIDE = 100;

/** Writes noisy images whose strongest color is that of their class, and a processor. */
async function writeSet(folder: string): Promise<string[]> {
  const rows = ["file,class_index"];
  for (let index = 0; index < IMAGES; index++) {
    const random = randomAt(5, index);
    const data = Uint8Array.from(
      { length: SIDE * SIDE * 3 },
      (_, i) => 100 * random.uniform() + (i % 3 === index % 3 ? 150 : 0),
    );
    await encodeImage({ width: SIDE, height: SIDE, data }, join(folder, `${index}.png`));
    rows.push(`${index}.png,${index % 3}`);
  }
  writeFileSync(join(folder, "labels.csv"), `${rows.join("\n")}\n`);
  writeFileSync(join(folder, "classes.txt"), `${colorNames.join("\n")}\n`);
  const processor = join(folder, "enlarging.onnx");
  await writeModel(enlarging(2), processor);
  return ["--data", folder, "--scale", "2", "--protocol", "full", "--processor", processor, "--threads", "1"];
}

for (const vendor of ["google", "aws"] as const)
  test(`${vendor}: with faults and a SIGKILL in the middle, each image is answered once and none is paid twice`, async (t) => {
    const folder = temporaryFolder(t);
    const server = await standInOf(t, vendor, {
      ...{ faults: 0.2, fault: ["500", "malformed", "content-type", "disconnect", "429"], seed: 2 },
    });
    const [json, predictions] = [join(folder, "results.json"), join(folder, "predictions.jsonl")];
    const words = [...(await writeSet(folder)), "--judge", vendor, "--endpoint", server.url, "--yes"];
    const args = [...words, "--json", json, "--predictions", predictions];
    const killed = await killedAfter(["evaluate", ...args], server.log, 4);
    assert.equal(killed.signal, "SIGKILL", killed.err);
    assert.equal((await runCommand(evaluate, ...args)).outcome, "done");
    const counts = requestCounts(await server.logged(IMAGES * ROWS));
    assert.deepEqual(
      [counts.contents, counts.paid, counts.answered, counts.paidTwice],
      [IMAGES * ROWS, IMAGES * ROWS, IMAGES * ROWS, 0],
    );
    const faults = Object.values(counts.faults).reduce((a, b) => a + b, 0);
    assert.ok(faults > 0, "faults were injected");
    assert.equal(counts.requests, counts.paid + faults);
    const { rows } = JSON.parse(readFileSync(json, "utf8"));
    const clean = rows.find(({ processor }: { processor: string }) => processor === "clean").services[vendor];
    assert.deepEqual([clean.jaccard, clean.top1_kept], [100, 100]);
    const lines = readFileSync(predictions, "utf8").trim().split("\n").slice(1);
    assert.equal(lines.length, IMAGES * ROWS);
    await runCommand(evaluate, ...args);
    assert.equal((await server.logged(counts.requests)).length, counts.requests, "a rerun asks for nothing");
  });

test("a wrong key, a full quota and a service that is down are one sentence each", async (t) => {
  const folder = temporaryFolder(t);
  const words = await writeSet(folder);
  const errorOf = async (vendor: string, endpoint: string): Promise<string> => {
    const json = join(folder, `${vendor}-${new URL(endpoint).port}.json`);
    const run = runCommand(evaluate, ...words, "--judge", vendor, "--endpoint", endpoint, "--yes", "--json", json);
    const error: unknown = await run.then(
      () => undefined,
      (thrown) => thrown,
    );
    assert.ok(error instanceof UserError, String(error));
    assert.doesNotMatch(error.message, /\n/, "one sentence");
    return error.message;
  };
  const locked = await standInOf(t, "aws", { key: "another" });
  const full = await standInOf(t, "google", { faults: 1, fault: ["quota"] });
  const closed = await standInOf(t, "google");
  await closed.close();
  assert.match(await errorOf("aws", locked.url), /refuses the key .*check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/);
  assert.match(await errorOf("google", full.url), /the quota of 127\.0\.0\.1:\d+ is used up/);
  assert.match(await errorOf("google", closed.url), /cannot be reached, the connection is refused/);
  assert.ok((await full.logged(1)).length <= 8, "a full quota stops the run: no request is repeated");
});
