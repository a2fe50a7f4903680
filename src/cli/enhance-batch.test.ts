import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { residualProcessor } from "../../testing/processors.js";
import { runCommand } from "../../testing/run-command.js";
import { temporaryFolder, writeClassifier, writeFiles } from "../../testing/workspace.js";
import { degrade } from "../commands/degrade.js";
import { enhance } from "../commands/enhance.js";
import { models } from "../commands/models.js";
import { encodeModel } from "../onnx/encode.js";

const x2 = encodeModel(residualProcessor(2));
const image = sharp({ create: { width: 9, height: 7, channels: 3, background: "teal" } });
const png = await image.clone().png().toBuffer();
const main = fileURLToPath(new URL("./main.js", import.meta.url));

/** Runs `legible` with these bytes as standard input. */
function piped(args: readonly string[], input: Uint8Array) {
  const child = spawn(process.execPath, [main, ...args], { stdio: "pipe" });
  const chunks = { out: [] as Buffer[], err: [] as Buffer[] };
  child.stdout.on("data", (chunk) => chunks.out.push(chunk));
  child.stderr.on("data", (chunk) => chunks.err.push(chunk));
  child.stdin.on("error", () => {}); // it may end without reading
  child.stdin.end(input);
  return new Promise<{ code: number | null; out: Buffer; err: string }>((resolve) =>
    child.on("close", (code) =>
      resolve({ code, out: Buffer.concat(chunks.out), err: Buffer.concat(chunks.err).toString() }),
    ),
  );
}

test("an image goes from standard input to standard output, in its own format or the given one, and messages elsewhere", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "x2.onnx": x2 });
  const model = ["--model", join(folder, "x2.onnx")];
  const jpeg = await image.clone().jpeg().toBuffer();
  const same = await piped(["enhance", "-", "-o", "-", ...model], jpeg);
  const { format, width, height } = await sharp(same.out).metadata();
  assert.deepEqual([same.code, format, width, height], [0, "jpeg", 18, 14]);
  assert.match(same.err, /18x14 pixels, jpeg, to standard output/);
});

test("a program that stops reading ends the command without a stack trace", {
  skip: process.platform === "win32" && "Windows has no such pipes",
}, async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "x2.onnx": x2, "in/a.png": png });
  const args = ["enhance", join(folder, "in"), "-o", join(folder, "out"), "--model", join(folder, "x2.onnx")];
  const child = spawn(process.execPath, [main, ...args, "--json-lines"], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let err = "";
  child.stderr.on("data", (chunk) => (err += chunk));
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.deepEqual([code, /EPIPE|at /.test(err)], [141, false], err);
});

test("lines of JSON state what became of each image, and a summary adds up to their number; the report has the same lines", async (t) => {
  const folder = temporaryFolder(t);
  const names = ["1.png", "2.png", "3.png", "4.png"];
  writeFiles(join(folder, "in"), Object.fromEntries(names.map((name) => [name, png])));
  writeFiles(folder, { "x2.onnx": x2, "in/3.png": "not an image", "in/new\nline.png": png, "out/2.png": "of others" });
  const [model, out, file] = [join(folder, "x2.onnx"), join(folder, "out"), join(folder, "report.jsonl")];
  const run = () =>
    runCommand(enhance, join(folder, "in"), "-o", out, "--model", model, "--json-lines", "--report", file);
  for (const first of ["done", "kept"]) {
    const ended = await run();
    const lines = ended.out.split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.slice(0, -1).map(({ input, status }) => [input.slice(folder.length + 4), status]),
      [
        ["1.png", first],
        ["2.png", "exists"],
        ["3.png", "failed"],
        ["4.png", first],
        ["new\nline.png", first],
      ],
    );
    assert.deepEqual([lines[0].output, lines[0].width, lines[0].height], [join(out, "1.png"), 18, 14]);
    assert.match(lines[2].reason, /^cannot decode .*3\.png: /);
    const { images, done, kept, exists, failed } = lines.at(-1).summary;
    assert.deepEqual([images, done + kept, exists, failed], [5, 3, 1, 1]);
    assert.deepEqual(readFileSync(file, "utf8").trim().split("\n"), ended.out.split("\n"));
    assert.equal(ended.outcome, "incomplete");
  }
});

test("a report replaces no result, no record and no model", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "x2.onnx": x2, "in/a.png": png });
  const [model, out, inside] = [join(folder, "x2.onnx"), join(folder, "out"), join(folder, "in")];
  const run = (output: string, report: string) =>
    runCommand(enhance, inside, "-o", output, "--model", model, "--report", report);
  const isPlace = { name: "UserError", message: /it is the place of a result or of its record/ };
  for (const name of ["a.png", "A.png", "../out/a.png", ".legible-jobs.jsonl"])
    await assert.rejects(run(out, `${out}/${name}`), isPlace);
  await assert.rejects(run(out, model), /x2\.onnx is one of the inputs and would be overwritten/);
  assert.deepEqual(readFileSync(model), Buffer.from(x2));
  const single = join(folder, "b.png");
  const words = [join(inside, "a.png"), "-o", single, "--model", model, "--report", single];
  await assert.rejects(runCommand(enhance, ...words), isPlace);
});

test("degrade keeps, reports and names its results as enhance does", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(join(folder, "in"), { "a.png": png, "b.png": png });
  const words = [join(folder, "in"), "-o", join(folder, "out"), "--task", "jpeg", "--quality", "10", "--json-lines"];
  const statuses = async (...more: string[]) =>
    (await runCommand(degrade, ...words, ...more)).out.split("\n").map((line) => JSON.parse(line).status);
  assert.deepEqual(await statuses(), ["done", "done", undefined]);
  assert.deepEqual(await statuses(), ["kept", "kept", undefined]);
  assert.deepEqual(await statuses("--overwrite", "replace"), ["done", "done", undefined]);
});

test("an output that cannot be written ends the command with one sentence", {
  skip: process.platform !== "linux" && "only Linux has /dev/full",
}, async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "x2.onnx": x2, "a.png": png });
  const args = ["enhance", join(folder, "a.png"), "-o", "-", "--model", join(folder, "x2.onnx")];
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", openSync("/dev/full", "w"), "pipe"] });
  let err = "";
  child.stderr?.on("data", (chunk) => (err += chunk));
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.equal(code, 1);
  assert.match(err, /legible: cannot write the output: no space is left/);
  assert.doesNotMatch(err, /^ +at /m);
});

test("settings that contradict each other are refused in one sentence", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "x2.onnx": x2, "a.png": png });
  const [a, model] = [join(folder, "a.png"), ["--model", join(folder, "x2.onnx")]];
  for (const [words, message] of [
    [[a, "-o", "x", ...model, "--for", "people"], /^--model and --for cannot both be set/],
    [[a, "-o", "x", ...model, "--json", "--json-lines"], /^--json and --json-lines cannot both be set/],
    [["-", a, "-o", "-", ...model], /^standard input and output take one image/],
    [[a, "-o", "-", ...model, "--report", "r"], /^--report is for files/],
    [["-", "-o", folder, ...model], /^cannot write standard input into the folder /],
    [[a], /^cannot run enhance: --output is required/],
    [[a, "-o", "x", "--compare", "c.png"], /^--compare and --output cannot both be set/],
    [[a, "--compare", "c.png", "--strip"], /^--compare and --strip cannot both be set/],
    [[a, "--compare", "c.png", "--report", "r.json"], /^--compare and --report cannot both be set/],
    [[a, "--compare", "c.png", "--quality", "50"], /^--compare and --quality cannot both be set/],
    [[a, "--compare", "c.txt"], /--compare takes a name that ends in \.png or \.html/],
    [[a, "-o", "x", ...model, "--judge", "r.onnx"], /^--judge is for --compare/],
  ] as const)
    await assert.rejects(runCommand(enhance, ...words), { name: "UserError", message });
});

test("a comparison shows the input and the results of all packaged models of the task, with the prediction of a judge", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "a.png": png });
  await writeClassifier(join(folder, "judge.onnx"), 32);
  const page = join(folder, "c.html");
  await runCommand(enhance, join(folder, "a.png"), "--compare", page, "--judge", join(folder, "judge.onnx"));
  const again = (mode: string) => runCommand(enhance, join(folder, "a.png"), "--compare", page, "--overwrite", mode);
  await assert.rejects(again("fail"), { name: "UserError", message: /c\.html exists/ });
  const before = readFileSync(page);
  await again("skip");
  assert.deepEqual(readFileSync(page), before); // that of another run would lack the judge
  const html = readFileSync(page, "utf8");
  const listed = JSON.parse((await runCommand(models, "--json")).out) as {
    name: string;
    task: string;
    scale: number;
  }[];
  const names = listed.filter(({ task, scale }) => task === "sr" && scale === 4).map(({ name }) => name);
  for (const name of ["input", ...names])
    assert.match(html, new RegExp(`<strong>${name}</strong><br>judge: class [01]`));
  assert.equal(html.match(/width="36" height="28"/g)?.length, names.length + 1);
});

test("models lists the files of the package, and prints the card of one; another name is an error that lists them", async () => {
  const { out } = await runCommand(models);
  assert.match(out, /^\| sr-x4-[\w-]*ra +\| +sr \| +4 \|/m);
  const name = /sr-x4-[\w-]*ra/.exec(out)?.[0] as string;
  assert.match((await runCommand(models, name)).out, /^objective: ra$/m);
  const { objective, unseenGain } = JSON.parse((await runCommand(models, name, "--json")).out);
  assert.equal(objective, "ra");
  assert.ok(unseenGain.points > unseenGain.ci95[0] && unseenGain.points < unseenGain.ci95[1]);
  await assert.rejects(runCommand(models, "none"), new RegExp(`has no model none; it has .*${name}`));
});
