import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type TestContext, test } from "node:test";
import { type Appearance, filled, outline } from "./appearances.js";
import { MAX_CLASSES, marksOf } from "./marks.js";
import { renderPrinted } from "./printed.js";
import type { BoxedObject, Scene, SceneSettings } from "./scene.js";

interface Options extends Partial<SceneSettings> {
  readonly appearance?: Appearance;
}

const render = ({ appearance = filled, ...changes }: Options, seed: number, index: number): Scene =>
  renderPrinted(appearance, { size: 64, classes: 20, objects: 1, ...changes }, seed, index);

const bytes = (options: Options, seed: number, index: number) =>
  Buffer.from(render(options, seed, index).image.data).toString("base64");

test("equal settings, seed and index give equal bytes, and any other gives others", () => {
  const scenes: [Options, number, number][] = [
    [{}, 1, 2],
    [{}, 1, 3],
    [{}, 2, 2],
    [{ size: 96 }, 1, 2],
    [{ appearance: outline }, 1, 2],
    [{ classes: 24 }, 1, 22],
    [{ classes: 4 }, 1, 22],
  ];
  const rendered = scenes.map((scene) => bytes(...scene));
  assert.deepEqual(
    scenes.map((scene) => bytes(...scene)),
    rendered,
  );
  assert.equal(new Set(rendered).size, scenes.length);
});

/** Computed once: a change of the rendering changes the published sets, and then these digests. */
const digests: [appearance: Appearance, digest: string][] = [
  [filled, "6ec856734708bd78662c63cb4e39e2f61bf3a76a8bb42a424a3a9afd803543e5"],
  [outline, "4dc6849934aeecf24f4b0cfb7c4fc285c265ebd90efe43ba0c216536ac5320b7"],
];

for (const [appearance, digest] of digests)
  test(`the first images of style ${appearance.name} are the same on every machine`, () => {
    const hash = createHash("sha256");
    for (let index = 0; index < MAX_CLASSES; index++) {
      const { image, objects } = render({ classes: MAX_CLASSES, appearance, objects: 2 }, 0, index);
      hash.update(image.data).update(JSON.stringify(objects));
    }
    assert.equal(hash.digest("hex"), digest);
  });

test("rendering calls no function that machines may round differently", (t: TestContext) => {
  const inexact = ["sin", "cos", "tan", "atan", "atan2", "exp", "log", "pow", "hypot", "cbrt"] as const;
  for (const name of inexact)
    t.mock.method(Math, name, () => {
      throw new Error(`Math.${name}`);
    });
  for (const appearance of [filled, outline]) for (let index = 0; index < 24; index++) render({ appearance }, 3, index);
});

test("labels cycle through the classes, of which there are at least twenty", () => {
  assert.ok(MAX_CLASSES >= 20);
  for (const classes of [2, 20, MAX_CLASSES]) {
    const labels = Array.from({ length: 2 * classes }, (_, i) => render({ classes }, 0, i).objects[0]?.label);
    assert.deepEqual(
      labels,
      labels.map((_, i) => i % classes),
    );
  }
});

test("the halves of the classes hold marks of the same kinds", () => {
  for (let classes = 2; classes <= MAX_CLASSES; classes += 2) {
    const cells = marksOf(classes).map(({ cell, name }) => [cell, name.startsWith("ring")]);
    assert.deepEqual(cells.slice(0, classes / 2), cells.slice(classes / 2));
    assert.equal(new Set(marksOf(classes).map(({ name }) => name)).size, classes);
  }
});

test("no mark is another's mirror image, and each has ink and paper", () => {
  const places = Array.from({ length: 900 }, (_, i) => [(i % 30) / 7.3 - 2, Math.floor(i / 30) / 7.3 - 2] as const);
  const marks = marksOf(MAX_CLASSES);
  const printed = (mirror: 1 | -1) =>
    marks.map(({ distance, reach }) => places.map(([u, v]) => (distance(mirror * u, v) < reach ? "#" : ".")).join(""));
  const [upright, mirrored] = [printed(1), printed(-1)];
  for (const [i, mark] of upright.entries()) {
    assert.match(mark, /#/);
    assert.match(mark, /\./);
    for (const [j, other] of mirrored.entries())
      assert.ok(i === j || other !== mark, `${marks[i]?.name} ${marks[j]?.name}`);
  }
});

/** White bodies on a black background. */
const silhouettes: Appearance = {
  ...filled,
  shape: () => 0,
  colors: () => ({ body: [1, 1, 1], ink: [1, 1, 1] }),
  background: () => [0, 0, 0],
};

test("a box encloses its object and touches it on all sides", () => {
  for (let index = 0; index < 40; index++) {
    const { image, objects } = render({ appearance: silhouettes }, 4, index);
    const { left, top, right, bottom } = objects[0] as BoxedObject;
    const white = Array.from({ length: 64 * 64 }, (_, i) => i).filter((i) => (image.data[3 * i] as number) > 70);
    const [xs, ys] = [white.map((i) => i % 64), white.map((i) => Math.floor(i / 64))];
    const seen = [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
    for (const [i, side] of [left, top, right, bottom].entries())
      assert.ok(Math.abs(side - (seen[i] as number)) <= 1, `${index}: ${[left, top, right, bottom]} ${seen}`);
  }
});

test("objects lie inside the image, the largest first, and do not overlap", () => {
  const counts = new Set<number>();
  for (let index = 0; index < 40; index++) {
    const { image, objects } = render({ appearance: silhouettes, size: 96, objects: 3 }, 5, index);
    counts.add(objects.length);
    for (const { left, top, right, bottom } of objects) {
      assert.ok(left >= 0 && top >= 0 && right <= 96 && bottom <= 96 && left < right && top < bottom);
      const [x, y] = [Math.floor((left + right) / 2), Math.floor((top + bottom) / 2)];
      assert.ok((image.data[3 * (y * 96 + x)] as number) > 70);
    }
    const middles = objects.map(({ left, right, top, bottom }) => `${left + right},${top + bottom}`);
    assert.equal(new Set(middles).size, objects.length);
  }
  assert.deepEqual([...counts].sort(), [1, 2, 3]);
});
