import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { residualProcessor } from "../../testing/processors.js";
import { temporaryFolder } from "../../testing/workspace.js";
import { writeModel } from "../platform/node/models.js";
import { interpolateProcessors } from "./average.js";
import { openPackagedProcessor, type PackagedChoice, packagedModel, packagedModels } from "./packaged.js";

/** A folder with models of these names, whose weights differ. */
async function folderOf(t: TestContext, ...names: string[]): Promise<string> {
  const folder = temporaryFolder(t);
  for (const [i, name] of names.entries())
    await writeModel(residualProcessor(name.includes("x4") ? 4 : 1, 0.02 * (i + 1)), join(folder, `${name}.onnx`));
  return folder;
}

const ALL = ["denoise-m-ra", "sr-x4-m-plain", "sr-x4-m-ra", "sr-x4-s-ra"];

test("task, scale, size and audience select the model of that name; by default the medium one for machines", async (t) => {
  const folder = await folderOf(t, ...ALL);
  const cases: [Parameters<typeof packagedModel>[0], string][] = [
    [{}, "sr-x4-m-ra"],
    [{ for: "people" }, "sr-x4-m-plain"],
    [{ size: "s" }, "sr-x4-s-ra"],
    [{ task: "denoise" }, "denoise-m-ra"],
  ];
  for (const [choice, name] of cases) assert.equal((await packagedModel(choice, folder)).name, name);
});

test("a model whose name states no size is chosen where no size is wanted and there is no medium one", async (t) => {
  const folder = await folderOf(t, "sr-x4-plain", "sr-x4-ra", "sr-x4-s-ra");
  assert.equal((await packagedModel({}, folder)).name, "sr-x4-ra");
  await assert.rejects(packagedModel({ size: "m" }, folder), /no model sr-x4-m-ra; it has sr-x4-plain, sr-x4-ra, sr-/);
});

test("a choice without a model is an error that lists the models, and settings that do not fit are errors", async (t) => {
  const folder = await folderOf(t, ...ALL);
  const open = (choice: PackagedChoice) => openPackagedProcessor(choice, {}, folder);
  await assert.rejects(open({ task: "jpeg" }), /no model jpeg-ra; it has denoise-m-ra, sr-x4-m-plain, /);
  await assert.rejects(open({ scale: 2 }), /no model sr-x2-ra; it has /);
  await assert.rejects(
    open({ task: "denoise", scale: 2 }),
    /`scale` 2 does not fit `task` denoise: the package's models of this task keep the size/,
  );
  await assert.rejects(open({ for: "both", balance: 0.5 }), /`for` and `balance` cannot both be set/);
  await assert.rejects(open({ balance: 1.5 }), /`balance` is 1.5; expected a number from 0 to 1/);
  await assert.rejects(open({ task: "denoise", for: "both" }), /no model denoise-plain/);
});

test("a balance gives plain + balance · (ra - plain) for each weight, and the ends are the files themselves", async (t) => {
  const folder = await folderOf(t, ...ALL);
  const open = async (choice: PackagedChoice) => openPackagedProcessor(choice, {}, folder);
  const weightOf = async (choice: PackagedChoice) => (await open(choice)).graph.initializers.get("second")?.data;
  const [plain, ra] = [await weightOf({ for: "people" }), await weightOf({})] as [Float32Array, Float32Array];
  const between = (await weightOf({ balance: 0.25 })) as Float32Array;
  for (const [i, value] of between.entries()) {
    const expected = 0.75 * (plain[i] as number) + 0.25 * (ra[i] as number);
    assert.ok(Math.abs(value - expected) < 1e-7, `weight ${i} is ${value} instead of ${expected}`);
  }
  assert.deepEqual(await weightOf({ for: "both" }), await weightOf({ balance: 0.5 }));
  assert.deepEqual([await weightOf({ balance: 0 }), await weightOf({ balance: 1 })], [plain, ra]);
  assert.equal((await open({ balance: 1 })).file, join(folder, "sr-x4-m-ra.onnx"));
});

test("models of different architectures cannot be interpolated", () => {
  assert.throws(() => interpolateProcessors(residualProcessor(2), residualProcessor(4), 0.5), /architectures differ/);
});

test("the package has a model for machines and one for people, whose interpolation states the balance in its card", async () => {
  const names = (await packagedModels()).map(({ name }) => name);
  assert.ok(names.some((name) => /^sr-x4-.*ra$/.test(name)) && names.some((name) => /^sr-x4-.*plain$/.test(name)));
  assert.equal((await openPackagedProcessor({ balance: 0.25 })).card?.balance, 0.25);
});
