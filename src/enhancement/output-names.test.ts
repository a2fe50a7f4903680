import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { temporaryFolder, writeFiles } from "../../testing/workspace.js";
import { leftOutLines } from "../platform/node/image-files.js";
import { outputName } from "./output-names.js";
import { planFiles } from "./plan.js";

const png = await sharp({ create: { width: 4, height: 4, channels: 3, background: "teal" } })
  .png()
  .toBuffer();

test("a format replaces the extension unless it is one of the format's, and a suffix comes before it", () => {
  const cases = [
    ["a.png", {}, "a.png"],
    ["b.GIF", {}, "b.GIF.png"],
    ["a.png", { format: "jpeg" }, "a.jpg"],
    ["sub/a.JPEG", { format: "jpeg", suffix: "_x4" }, "sub/a_x4.JPEG"],
    ["a.tif", { format: "tiff" }, "a.tif"],
    ["b.gif", { format: "webp" }, "b.webp"],
    ["a.b.png", { suffix: "-2x" }, "a.b-2x.png"],
    ["b.gif", { suffix: "_x4" }, "b.gif_x4.png"],
  ] as const;
  for (const [name, naming, output] of cases) assert.equal(outputName(name, naming), output);
});

test("images whose results would have one name are refused before any work, with two names and the number of the others", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(join(folder, "in"), { "a.png": png, "a.webp": png, "a.jpg": png, "b.png": png });
  await assert.rejects(planFiles([join(folder, "in")], join(folder, "out"), { format: "png" }), {
    message: /a\.jpg and .*a\.png would both be written to .*out\/a\.png, and 1 more images collide; rename one/,
  });
});

test("names that differ in case alone are both processed on a file system that distinguishes them", {
  skip: process.platform !== "linux" && "other systems do not distinguish them",
}, async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(join(folder, "in"), { "a.png": png, "A.png": png });
  const { images } = await planFiles([join(folder, "in")], join(folder, "out"));
  assert.equal(images.length, 2);
});

test("with a suffix the results may be in the folder of the inputs: they are no inputs of the next run", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "a.png": png, "sub/b.png": png });
  const plan = () => planFiles([folder], folder, { suffix: "_x4" });
  const { images } = await plan();
  writeFiles(folder, { "a_x4.png": png, "sub/b_x4.png": png });
  const next = await plan();
  assert.deepEqual(next.images, images);
  assert.deepEqual(leftOutLines(next.leftOut), ["2 files left out: 2 made from other images"]);
});

test("a suffix with a slash, a suffix of a named file and a format that contradicts its name are refused", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "a.png": png });
  const plan = (out: string, naming: object) => planFiles([join(folder, "a.png")], join(folder, out), naming);
  await assert.rejects(plan("out", { suffix: "/x" }), /`suffix` is "\/x"; expected text without/);
  await assert.rejects(plan("b.png", { suffix: "_x" }), /`suffix` is for folders of results/);
  await assert.rejects(plan("b.png", { format: "jpeg" }), /`format` jpeg does not fit the file .*b\.png/);
});
