import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../../testing/workspace.js";
import { wnids } from "./imagenet.js";
import { openLabelledSets } from "./labelled-sets.js";

/** Files that nobody opens. */
function write(folder: string, files: readonly string[], labels?: string): string {
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), "");
  }
  if (labels !== undefined) writeFileSync(join(folder, "labels.csv"), labels);
  return folder;
}

const ground = (t: TestContext) => (name: string) => join(temporaryFolder(t), name);
const held = { validation: [], split: 0, seed: 0 };

test("folders of one name are one class, also where the held-out pictures show fewer classes", async (t) => {
  const at = ground(t);
  const data = write(at("train"), ["ant/1.png", "bee/2.png", "cat/3.png"]);
  const validation = write(at("test"), ["cat/4.png", "ant/5.png"]);
  const sets = await openLabelledSets([data], { ...held, validation: [validation] });
  assert.deepEqual([sets.classes, sets.names], [3, ["ant", "bee", "cat"]]);
  assert.deepEqual(
    sets.training.items.map(({ label }) => label),
    [0, 1, 2],
  );
  assert.deepEqual(
    sets.heldOut?.items.map(({ label }) => label),
    [0, 2],
  );
});

test("a split holds out its share, the same for the same seed, and leaves the rest", async (t) => {
  const files = Array.from({ length: 40 }, (_, i) => `${i % 2}/${i}.png`);
  const data = write(ground(t)("train"), files);
  const split = async (seed: number) => {
    const { training, heldOut } = await openLabelledSets([data], { ...held, split: 0.25, seed });
    const all = [...training.items, ...(heldOut?.items ?? [])].map(({ path }) => path);
    assert.equal(new Set(all).size, 40);
    assert.equal(training.items.length, 30);
    return heldOut?.items.map(({ path }) => path);
  };
  assert.deepEqual(await split(1), await split(1));
  assert.notDeepEqual(await split(1), await split(2));
});

test("ImageNet's folders stand for all thousand classes; labels.csv gives numbers without names", async (t) => {
  const at = ground(t);
  const imagenet = write(at("imagenet"), [`${wnids[3]}/1.png`, `${wnids[700]}/2.png`]);
  const sets = await openLabelledSets([imagenet], held);
  assert.deepEqual([sets.classes, sets.names, sets.heldOut], [1000, wnids, null]);
  const listed = write(at("listed"), ["1.png", "2.png"], "file,class_index\n1.png,4\n2.png,6\n");
  const { classes, names } = await openLabelledSets([listed], held);
  assert.deepEqual([classes, names], [7, null]);
});

const refusals: Readonly<
  Record<string, [(at: (name: string) => string) => Parameters<typeof openLabelledSets>, RegExp]>
> = {
  "pictures without classes": [(at) => [[write(at("a"), ["1.png"])], held], /classes are needed, but 1 of 1 images/],
  "a single class": [(at) => [[write(at("a"), ["ant/1.png"])], held], /all 1 training pictures in .* are of one class/],
  "both ways to hold out": [
    (at) => [[write(at("a"), ["ant/1.png", "bee/1.png"])], { ...held, validation: ["b"], split: 0.5 }],
    /--validation or from --validation-split, not from both/,
  ],
  "a split that holds out nothing": [
    (at) => [[write(at("a"), ["ant/1.png", "bee/1.png"])], { ...held, split: 0.1 }],
    /--validation-split 0.1 holds 0 of 2 pictures out/,
  ],
  "a class that training does not show": [
    (at) => [[write(at("a"), ["ant/1.png", "bee/1.png"])], { ...held, validation: [write(at("b"), ["cow/1.png"])] }],
    /cow.1\.png is of class 2, which no training picture shows/,
  ],
  "a held-out folder inside the training folder": [
    (at) => {
      const data = write(at("a"), ["ant/1.png", "bee/1.png"]);
      return [[data], { ...held, validation: [join(data, "bee")] }];
    },
    /bee lies in a training folder/,
  ],
};

for (const [what, [arrange, expected]] of Object.entries(refusals))
  test(`${what}: refused`, async (t) => {
    await assert.rejects(openLabelledSets(...arrange(ground(t))), { name: "UserError", message: expected });
  });
