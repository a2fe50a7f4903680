import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { formulaImage } from "../../testing/images.js";
import { residualProcessor } from "../../testing/processors.js";
import { GraphBuilder } from "../onnx/builder.js";
import { int64 } from "../onnx/tensor.js";
import { encodeImage } from "../platform/node/codec.js";
import { writeModel } from "../platform/node/models.js";
import { openProcessor } from "../processors/open.js";
import { enhance, enhanceFile, enhancePixels } from "./enhance.js";
import { openEnhancer } from "./enhancer.js";
import type { RawImage } from "./input.js";

const folder = mkdtempSync(join(tmpdir(), "legible-enhancer-"));
const model = join(folder, "x2.onnx");
await writeModel(residualProcessor(2), model);
const processor = await openProcessor(model);
const file = join(folder, "in.png");
await encodeImage(formulaImage(48, 32), file);
const image: RawImage = formulaImage(48, 32);
const enhancer = await openEnhancer(pathToFileURL(model));
after(async () => {
  await enhancer.close();
  rmSync(folder, { recursive: true });
});
/** Takes 400 tiles of 16 pixels. */
const large: RawImage = formulaImage(320, 320);

test("a file, pixels and a path become in the worker the bytes that they become in this thread", async () => {
  assert.equal(enhancer.scale, 2);
  const { data, ...rest } = await enhancer.enhance({ file }, { format: "jpeg", quality: 80 });
  const { data: expected, ...others } = await enhance(processor, { file }, { format: "jpeg", quality: 80 });
  assert.ok(Buffer.isBuffer(data) && data.equals(expected));
  assert.deepEqual(rest, others);
  const deep = { ...image, data: Uint16Array.from(image.data, (value) => value * 257) };
  for (const each of [image, deep])
    assert.deepEqual(await enhancer.enhancePixels(each), await enhancePixels(processor, each));
  const [here, there] = [join(folder, "here.webp"), join(folder, "there.webp")];
  assert.deepEqual(await enhancer.enhanceFile(file, there), await enhanceFile(processor, file, here));
  assert.ok(readFileSync(there).equals(readFileSync(here)));
});

test("calls run in their order, and the progress of each rises to 1", async () => {
  const seen: string[] = [];
  const call = (name: string) =>
    enhancer.enhance(image, { tile: 32, onProgress: (share) => seen.push(`${name} ${share}`) });
  await Promise.all([call("a"), call("b")]);
  assert.deepEqual(seen, ["a 0.5", "a 1", "b 0.5", "b 1"]);
});

test("the input stays with the caller unless it is transferred or shared", async () => {
  const expected = await enhancePixels(processor, image);
  const own = image.data.slice();
  assert.deepEqual(await enhancer.enhancePixels({ ...image, data: own }), expected);
  assert.deepEqual(own, image.data);
  const shared = new Uint8Array(new SharedArrayBuffer(own.length));
  shared.set(own);
  assert.deepEqual(await enhancer.enhancePixels({ ...image, data: shared }), expected);
  const content = new Uint8Array(readFileSync(file));
  for (const [given, call] of [
    [own, () => enhancer.enhancePixels({ ...image, data: own }, { transfer: true })],
    [content, () => enhancer.enhance(content, { transfer: true })],
  ] as const) {
    await call();
    assert.equal(given.length, 0);
  }
});

test("timers of this thread fire while the worker computes a tile", async () => {
  let [ticks, atOnce] = [0, 0];
  const timer = setInterval(() => ticks++, 1);
  await enhancer.enhancePixels(large, { tile: 320, onProgress: () => (atOnce = ticks) });
  clearInterval(timer);
  assert.ok(atOnce >= 5, `${atOnce} times`);
});

test("an abort rejects at once with the signal's reason, and the worker does not go on with the image", async () => {
  const begin = performance.now();
  await enhancer.enhancePixels(large, { tile: 8 });
  const whole = performance.now() - begin;
  const waits: number[] = [];
  // A worker that goes on takes the whole time each time; other programs can delay a result, but rarely all three.
  while (waits.length < 3 && !waits.some((wait) => wait < whole / 2)) {
    const [stop, reason] = [new AbortController(), new Error("no longer needed")];
    let tiles = 0;
    const onProgress = () => {
      if (++tiles === 3) stop.abort(reason);
    };
    await assert.rejects(enhancer.enhancePixels(large, { tile: 8, signal: stop.signal, onProgress }), reason);
    assert.equal(tiles, 3);
    const aborted = performance.now();
    const result = await enhancer.enhancePixels(image);
    waits.push(performance.now() - aborted);
    assert.deepEqual(result, await enhancePixels(processor, image));
  }
  assert.ok(
    waits.some((wait) => wait < whole / 2),
    `${waits} ms until the next result; the whole image takes ${whole} ms`,
  );
});

test("an abort of a waiting call leaves the running one alone", async () => {
  const stop = new AbortController();
  const running = enhancer.enhancePixels(image, { tile: 8, onProgress: () => stop.abort() });
  const waiting = enhancer.enhancePixels(image, { signal: stop.signal });
  await assert.rejects(waiting, { name: "AbortError" });
  assert.deepEqual(await running, await enhancePixels(processor, image, { tile: 8 }));
  await assert.rejects(enhancer.enhancePixels(image, { signal: AbortSignal.abort() }), { name: "AbortError" });
});

test("an error in onProgress rejects the call and stops it", async () => {
  const failure = new Error("a fault of the caller");
  const onProgress = () => {
    throw failure;
  };
  await assert.rejects(enhancer.enhancePixels(image, { tile: 8, onProgress }), failure);
  assert.deepEqual(await enhancer.enhancePixels(image), await enhancePixels(processor, image));
});

test("what is wrong with an input or the model is reported as in this thread", async () => {
  for (const [input, options] of [
    [readFileSync(file).subarray(0, 200), { name: "upload 7" }],
    [{ ...image, height: 33 }, {}],
    [{ file: join(folder, "missing.png") }, {}],
    ["photo.png" as never, {}],
    [image, { tile: 0 }],
  ] as const) {
    const { name, message } = await enhance(processor, input, options).catch((error) => error);
    await assert.rejects(enhancer.enhance(input, options), { name, message });
  }
  await assert.rejects(openEnhancer(join(folder, "none.onnx")), /^UserError: cannot read the model .*no such file/);
});

/** A processor whose run fails, with an error of ONNX Runtime, on images of 200 rows and more. */
function failsOnLarge() {
  const b = new GraphBuilder("fails");
  const x = b.input("image", ["n", 3, "h", "w"]);
  const rows = b.Gather(b.Shape(x), b.constant(int64([2])), 0);
  const zero = b.Gather(b.constant({ type: "float32", shape: [200], data: new Float32Array(200) }), rows, 0);
  b.output("result", b.Add(x, zero));
  return b.build();
}

test("if the worker ends by a fault, the running call is rejected in one sentence, and the next has a new worker", async () => {
  const fragile = join(folder, "fails.onnx");
  await writeModel(failsOnLarge(), fragile);
  const enhancer = await openEnhancer(fragile);
  const crash = enhancer.enhance(large, { tile: 320, name: "upload 8" });
  const next = enhancer.enhancePixels(image);
  const closed = Promise.all([enhancer.close(), enhancer[Symbol.asyncDispose]()]);
  // A closed enhancer finishes the calls that were made and refuses later ones.
  const refused = assert.rejects(enhancer.enhance(image), /^UserError: cannot enhance: the enhancer is closed$/);
  await assert.rejects(crash, (error: Error) => {
    assert.match(
      error.message,
      /^cannot enhance upload 8: the worker thread ended \(.+\); the next call starts a new one$/,
    );
    assert.ok(!error.message.includes("\n"));
    return true;
  });
  assert.deepEqual((await next).data, image.data);
  await Promise.all([refused, closed]);
});

const run = promisify(execFile);
const module = new URL("./enhancer.js", import.meta.url);
const program = (rest: string): string[] => [
  ...["--input-type=module", "--eval"],
  `import { openEnhancer } from ${JSON.stringify(module.href)};
   const enhancer = await openEnhancer(${JSON.stringify(model)});
   const image = { width: 320, height: 320, data: new Uint8Array(3 * 320 ** 2) };
   ${rest}`,
];

test("a process ends by itself with an idle enhancer, and with its own code while the worker computes", async () => {
  const [idle, exits] = await Promise.all([
    run(process.execPath, program("console.log((await enhancer.enhancePixels(image)).width);")),
    run(
      process.execPath,
      program("await enhancer.enhance(image, { tile: 16, onProgress: () => process.exit(3) });"),
    ).catch((error) => error),
  ]);
  assert.equal(idle.stdout, "640\n");
  assert.deepEqual([exits.code, exits.signal, exits.stderr], [3, null, ""]);
});
