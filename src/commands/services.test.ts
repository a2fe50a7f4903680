import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { legible } from "../../testing/run-command.js";
import { standInOf } from "../../testing/stand-ins.js";
import { temporaryFolder, writeLabeledImages } from "../../testing/workspace.js";
import { cacheFileOf, servicesIn } from "./services.js";

test("a judge of the name of a service is that service, and ./google is a file", () => {
  const judges = [
    { name: "google", file: "google" },
    { name: "g", file: "google" },
    { name: "google", file: "./google" },
    { name: "google", file: "google.onnx" },
  ];
  assert.deepEqual(servicesIn(judges), [
    { name: "google", kind: "google" },
    { name: "g", kind: "google" },
  ]);
});

test("answers are kept beside the results, in the given file, or nowhere if there is no service", () => {
  const services = [{ name: "google", kind: "google" }] as const;
  assert.equal(cacheFileOf(services, { json: "r.json", predictions: "p.jsonl" }), "r.json.answers.db");
  assert.equal(cacheFileOf(services, { predictions: "p.jsonl" }), "p.jsonl.answers.db");
  assert.equal(cacheFileOf(services, { json: "r.json", cache: "c.db" }), "c.db");
  assert.equal(cacheFileOf([], {}), undefined);
  assert.throws(() => cacheFileOf(services, {}), /need a place: set `cache`, `json` or `predictions`/);
});

test("without --yes nothing is sent: the command lists images, host and cost, and exits with 1", async (t) => {
  const folder = temporaryFolder(t);
  await writeLabeledImages(folder, 3, 96);
  const server = await standInOf(t, "google");
  const json = join(folder, "r.json");
  const args = [
    "evaluate",
    "--data",
    folder,
    "--scale",
    "2",
    "--judge",
    "google",
    "--endpoint",
    server.url,
    "--json",
    json,
  ];
  const { code, err } = await legible(args);
  assert.equal(code, 1);
  assert.match(err, /up to 6 images \(3 x 2 rows; equal ones once\) to 127\.0\.0\.1:\d+/);
  assert.match(err, /up to about \$0\.0090: labels \$1\.50 per 1000, list price of \w+ \d{4}; an estimate/);
  assert.match(err, /pixels of each image as PNG; no file names, no metadata, no labels/);
  assert.match(err, /nothing was sent to 127\.0\.0\.1:\d+: set --yes/);
  assert.equal(existsSync(json), false);
  assert.ok(!existsSync(server.log) || readFileSync(server.log, "utf8") === "");
});

test("settings of services without a service are refused, and so is one endpoint for two services", async (t) => {
  const folder = temporaryFolder(t);
  await writeLabeledImages(folder, 2, 64);
  const errorOf = async (...args: string[]) =>
    (await legible(["evaluate", "--data", folder, "--scale", "2", ...args])).err;
  assert.match(await errorOf("--yes"), /--yes needs a service as --judge: google, aws/);
  const two = [
    "--judge",
    "google",
    "--judge",
    "aws",
    "--endpoint",
    "http://127.0.0.1:1",
    "--json",
    join(folder, "r.json"),
  ];
  assert.match(await errorOf(...two), /--endpoint is of one service, and there are 2 as --judge/);
});
