/* Compares the boxes of exported detectors with those of their own post-processing: see exported-detectors.py. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openDetector } from "../src/detection/detector.js";
import { firstLineOf } from "../src/errors.js";
import type { FoundBox } from "../src/metrics/detection/boxes.js";
import { decodeImage } from "../src/platform/node/codec.js";

interface Expected {
  readonly image: string;
  readonly boxes: readonly { readonly class: number; readonly score: number; readonly corners: readonly number[] }[];
}

/** The largest differences of scores and corners between boxes in the same place of the ranking. */
function compare(found: readonly FoundBox[], { boxes }: Expected): string {
  if (found.length !== boxes.length) return `${found.length} boxes, not ${boxes.length}`;
  let [score, corner] = [0, 0];
  for (const box of boxes) {
    const { left, top, right, bottom } = closest(found, box);
    score = Math.max(score, Math.abs(closest(found, box).score - box.score));
    for (const [i, value] of [left, top, right, bottom].entries())
      corner = Math.max(corner, Math.abs(value - (box.corners[i] as number)));
  }
  const digits = (value: number) => value.toExponential(1);
  return `${boxes.length} boxes, scores within ${digits(score)}, corners within ${digits(corner)} pixels`;
}

/** The box of the same class whose score and corners differ least. */
function closest(found: readonly FoundBox[], { class: index, score, corners }: Expected["boxes"][number]): FoundBox {
  const far = ({ class: own, score: other, left, top, right, bottom }: FoundBox) =>
    (own === index ? 0 : 1e9) +
    Math.abs(other - score) * 1e3 +
    [left, top, right, bottom].reduce((sum, value, i) => sum + Math.abs(value - (corners[i] as number)), 0);
  return found.reduce((best, each) => (far(each) < far(best) ? each : best));
}

const folder = process.argv[2] ?? ".";
for (const file of readdirSync(folder).filter((name) => name.endsWith(".onnx"))) {
  const name = file.replace(/\.onnx$/, "");
  const path = join(folder, `${name}.expected.json`);
  if (!existsSync(path)) continue;
  const expected = JSON.parse(readFileSync(path, "utf8")) as Expected;
  try {
    const detector = await openDetector(join(folder, file));
    const [prediction] = await detector.predict([await decodeImage(join(folder, expected.image))]);
    console.log(`${name}: ${detector.settings.adapter}, ${detector.settings.layout}`);
    console.log(`  ${compare(prediction?.boxes ?? [], expected)}`);
    await detector.release();
  } catch (error) {
    console.log(`${name}: ${firstLineOf(error)}`);
  }
}
