import { performance } from "node:perf_hooks";
import type { DetectionProblem } from "../src/metrics/detection/boxes.js";
import { cocoAveragePrecision } from "../src/metrics/detection/coco.js";
import { mapDifference } from "../src/metrics/detection/intervals.js";
import { vocAveragePrecision } from "../src/metrics/detection/voc.js";
import { randomAt } from "../src/random.js";

/** Times the metrics of detection: `npm run build && node dist/bench/detection.js`. */

/** Detections of 20 classes: some near one of three objects of the image, the others anywhere. */
function problemOf(images: number, perImage: number, seed: number): DetectionProblem {
  const random = randomAt(seed);
  const boxOf = (x: number, y: number, side: number) => ({ left: x, top: y, right: x + side, bottom: y + side });
  const place = () => [400 * random.uniform(), 300 * random.uniform(), 10 + 150 * random.uniform()] as const;
  const objects = Array.from({ length: images * 3 }, () => ({ class: random.integer(20), place: place() }));
  const found = Array.from({ length: images * perImage }, (_, i) => {
    const image = Math.floor(i / perImage);
    const object = objects[image * 3 + (i % 3)] as (typeof objects)[number];
    const near = i % perImage < 10;
    const [x, y, side] = near ? object.place : place();
    const shift = () => (near ? side * 0.3 * (random.uniform() - 0.5) : 0);
    const index = near ? object.class : random.integer(20);
    return { image, class: index, score: random.uniform(), ...boxOf(x + shift(), y + shift(), side) };
  });
  const truth = objects.map(({ class: index, place: [x, y, side] }, i) => ({
    image: Math.floor(i / 3),
    class: index,
    ...boxOf(x, y, side),
  }));
  return { images, truth, found };
}

function time(what: string, run: () => unknown): void {
  const start = performance.now();
  const before = process.cpuUsage();
  run();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  console.log(`${what.padEnd(70)} ${seconds.toFixed(2)} s, ${((user + system) / 1e6).toFixed(2)} s of CPU`);
}

const large = problemOf(5000, 100, 1);
time("VOC, 5000 images, 500 000 detections", () => vocAveragePrecision(large, { inclusive: true }));
time("COCO, 5000 images, 500 000 detections", () => cocoAveragePrecision(large));
const [a, b] = [problemOf(200, 100, 2), problemOf(200, 100, 2)];
for (const figure of ["map11", "AP50", "AP"] as const)
  time(`difference of ${figure}, 200 images, 20 000 detections, 1000 resamples`, () => mapDifference(a, b, { figure }));
