import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { scatterPlot } from "./scatter.js";

const plot = (points: readonly (readonly [number, number])[]) =>
  scatterPlot({
    title: "cats & dogs <1>",
    x: "PSNR (dB)",
    y: "top-1 (%)",
    series: [{ name: "r", points: points.map(([x, y]) => ({ x, y, label: `${x}`, onLine: y > 0 })) }],
  });

type Place = readonly [number, number];

const circles = (svg: string): Place[] =>
  [...svg.matchAll(/<circle cx="([^"]+)" cy="([^"]+)"/g)].map(([, x, y]) => [Number(x), Number(y)] as const);

test("larger values are further right and further up, in proportion", () => {
  const [first, second, third] = circles(
    plot([
      [20, 10],
      [21, 20],
      [23, 40],
    ]),
  ) as [Place, Place, Place];
  for (const axis of [0, 1] as const) {
    const [near, far] = [second[axis] - first[axis], third[axis] - second[axis]];
    assert.ok(Math.abs(2 * near - far) < 0.3, `${near}, ${far}`);
    assert.equal(Math.sign(near), axis === 0 ? 1 : -1);
  }
});

test("the line connects only the marked points, from left to right", () => {
  const svg = plot([
    [23, 40],
    [22, 0],
    [20, 10],
  ]);
  const [right, , left] = circles(svg);
  assert.ok(svg.includes(`<polyline points="${left?.join()} ${right?.join()}"`), svg);
});

test("the plot is an SVG that a renderer accepts, with markup in its title and with few or equal points", async () => {
  for (const points of [
    [[20, 10]],
    [
      [20, 10],
      [20, 10],
    ],
    [
      [19.95, 0],
      [20.01, 100],
    ],
  ] as [number, number][][]) {
    const { width, height } = await sharp(Buffer.from(plot(points))).metadata();
    assert.deepEqual([width, height], [860, 480]);
  }
});
