import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { commands as listed } from "../src/commands/index.js";
import { writeModel } from "../src/platform/node/models.js";
import { runCommand } from "../testing/run-command.js";
import { enlarging, legibleProcess, writeClassifier, writeLabeledImages } from "../testing/workspace.js";

const commands = await Promise.all(listed.map(({ load }) => load()));

const workspace = mkdtempSync(join(tmpdir(), "legible-special-"));
const at = (...names: string[]): string => join(workspace, ...names);
const server = createServer();

/** Folders of images, of which `mixed` also has a pipe and a socket, and `labelless` has a pipe for labels.csv. */
const [data, mixed, labelless, fifo, x1, classifier] = [
  ...[at("data"), at("mixed"), at("labelless"), at("pipe.png"), at("x1.onnx"), at("classifier.onnx")],
] as [string, string, string, string, string, string];

const unix = { skip: process.platform === "win32" && "Windows has no pipes in folders" };

if (!unix.skip) {
  before(async () => {
    for (const folder of [data, mixed, labelless]) await writeLabeledImages(folder, 4, 48);
    await writeModel(enlarging(1), x1);
    await writeClassifier(classifier, 32);
    for (const path of [fifo, at("mixed", "pipe.png"), at("pipe.json"), at("network.onnx")])
      spawnSync("mkfifo", [path]);
    spawnSync("rm", [at("labelless", "labels.csv")]);
    spawnSync("mkfifo", [at("labelless", "labels.csv")]);
    await new Promise((resolve) => server.listen(at("mixed", "socket.png"), () => resolve(undefined)));
    copyFileSync(classifier, at("pipe.onnx")); // with pipe.json as its sidecar
  });
  after(() => server.close());
}

const QUICK = ["--processor", "compact-s", "--steps", "1", "--batch", "1", "--crop", "32", "--threads", "1"];
const training = (...args: string[]) => ["train", ...QUICK, "--out", at("never"), ...args];

const refused: [what: string, args: () => string[]][] = [
  ["an image to enhance", () => ["enhance", fifo, "--model", x1, "-o", at("never")]],
  ["an image to degrade", () => ["degrade", fifo, "-o", at("never")]],
  ["the model of enhance", () => ["enhance", at("data", "0.png"), "--model", fifo, "-o", at("never")]],
  ["the data of a training", () => training("--data", fifo)],
  ["the labels of a training", () => training("--data", labelless, "--classes", "0")],
  ["the network of a training", () => training("--data", data, "--processor", at("network.onnx"))],
  ["the initial weights of a training", () => training("--data", data, "--init", fifo)],
  ["a recognizer", () => training("--data", data, "--objective", "ra", "--recognizer", fifo)],
  ["a sidecar", () => training("--data", data, "--objective", "ra", "--recognizer", at("pipe.onnx"))],
  ["a config file", () => training("--config", fifo)],
  ["a list of classes", () => ["evaluate", "--data", data, "--classes", fifo]],
  ["a processor to evaluate", () => ["evaluate", "--data", data, "--processor", `p=${fifo}`]],
  ["a judge", () => ["evaluate", "--data", data, "--recognizer", fifo]],
  ["a model to inspect", () => ["inspect", fifo]],
  ["a model to differentiate", () => ["gradient", fifo, "--image", at("data", "0.png"), "--heatmap", at("never.png")]],
  [
    "an image to differentiate for",
    () => ["gradient", classifier, "--image", fifo, "--heatmap", at("never.png"), "--label", "0"],
  ],
  [
    "tensors to differentiate for",
    () => ["gradient", classifier, "--inputs", fifo, "--loss", "mse", "--out", at("never.safetensors")],
  ],
  ["a model to average", () => ["average", x1, fifo, "-o", at("never.onnx")]],
  ["a model to export", () => ["export", fifo, "-o", at("never.onnx")]],
  ["a model to profile", () => ["profile", fifo]],
  ["a recipe", () => ["reproduce", fifo]],
  ["predictions", () => ["tabulate", fifo]],
];

for (const [what, args] of refused)
  test(`a pipe as ${what} is refused in one sentence, and nothing waits for it`, {
    ...unix,
    timeout: 60_000,
  }, async () => {
    const [name, ...words] = args();
    const command = commands.find((each) => each.name === name) ?? assert.fail(name);
    await assert.rejects(
      runCommand(command, ...words),
      /^UserError: cannot [^\n]*(it is a pipe, not a file|it is not a folder)$/,
    );
  });

/** Ends a command that waits. */
const limit = { signal: "SIGKILL", after: 60_000 } as const;

const leftOut =
  /files left out: .*2 unreadable\n.*pipe\.png: it is a pipe, not a file\n.*socket\.png: it is a socket, /;

for (const [what, args] of [
  ["enhance", () => ["enhance", mixed, "--model", x1, "-o", at("enhanced"), "--threads", "1"]],
  ["degrade", () => ["degrade", mixed, "-o", at("degraded"), "--task", "denoise"]],
  ["train", () => ["train", "--data", mixed, ...QUICK, "--out", at("run")]],
  ["evaluate", () => ["evaluate", "--data", mixed, "--json", at("results.json"), "--threads", "1"]],
] as const)
  test(`${what} leaves a pipe and a socket in a folder out, and counts them`, unix, async () => {
    const { code, err } = await legibleProcess(args(), limit);
    assert.equal(code, 0, err);
    assert.match(err, leftOut);
  });

test("what is left out is in the JSON of evaluate and enhance", unix, async () => {
  const { data } = JSON.parse(readFileSync(at("results.json"), "utf8"));
  assert.deepEqual(
    data.left_out.map(({ reason }: { reason: string }) => reason),
    ["it is a pipe, not a file", "it is a socket, not a file"],
  );
  const { out } = await legibleProcess(["enhance", mixed, "--model", x1, "-o", at("enhanced"), "--json"], limit);
  assert.deepEqual(
    JSON.parse(out).leftOut.map(({ kind }: { kind: string }) => kind),
    ["other", "unreadable", "unreadable"],
  );
});

test("control characters in names of files reach neither the output nor the messages", unix, async () => {
  const folder = at("escapes");
  const name = "\u001b[31mred\n\u009b2J";
  await writeLabeledImages(folder, 1, 48);
  mkdirSync(at("escapes", name));
  copyFileSync(at("escapes", "0.png"), at("escapes", name, `${name}.png`));
  copyFileSync(at("x1.onnx"), at("escapes", name, "broken.png"));
  for (const args of [
    ["enhance", folder, "--model", x1, "-o", at("shown"), "--json"],
    ["enhance", at("escapes", name, "broken.png"), "--model", x1, "-o", at("shown")],
    ["evaluate", "--data", at("escapes", name), "--threads", "1", "--scale", "1", "--processor", x1],
    ["inspect", at("escapes", name, "none.onnx")],
    training("--data", at("escapes", name, "none")),
  ]) {
    const { out, err } = await legibleProcess(args, limit);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    assert.doesNotMatch(out + err, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    assert.doesNotMatch(err, /^\S*red$/m);
  }
});
