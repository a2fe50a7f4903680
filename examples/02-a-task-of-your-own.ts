/**
 * A task of your own: dead pixels, which a broken sensor leaves black. A processor is trained to fill them in, on synthetic
 * images, and evaluated on other ones.
 *
 *   node dist/examples/02-a-task-of-your-own.js runs/dead-pixels [STEPS]
 *
 * In a clone, a file in src/data/tasks/ and a line in its index.ts add the task to the command line too.
 */
import { join } from "node:path";
import {
  defineTask,
  draw,
  evaluate,
  evaluationTable,
  openDataset,
  openProcessor,
  range,
  synthesize,
  train,
} from "legible";
import { z } from "zod";

const [folder = "dead-pixels", steps = "60"] = process.argv.slice(2);

const deadPixels = defineTask({
  name: "dead-pixels",
  options: z.object({ share: range({ min: 0, max: 1 }).default([0.1, 0.3]) }),
  scale: 1,
  degrade({ width, height, data }, { share }, random) {
    const dead = draw(share, random);
    const alive = Array.from({ length: width * height }, () => random.uniform() >= dead);
    return { width, height, data: data.map((value, i) => (alive[Math.floor(i / 3)] ? value : 0)) };
  },
});

const task = deadPixels.create({ share: 0.2 });
await synthesize(join(folder, "train"), { style: "patterned", count: 200 });
await synthesize(join(folder, "test"), { style: "patterned", count: 40, firstIndex: 200 });
const training = await openDataset([join(folder, "train")], { needLabels: false });
const test = await openDataset([join(folder, "test")], { needLabels: false });

const { model } = await train({
  task,
  dataset: training,
  processor: "compact-s",
  steps: Number(steps),
  batch: 4,
  crop: 48,
  lr: 3e-3,
  out: join(folder, "run"),
  onStep: ({ step, psnr }) => console.error(`step ${step}: ${psnr.toFixed(2)} dB`),
});

const processors = [await openProcessor(model, { name: "trained" })];
console.log(evaluationTable(await evaluate({ dataset: test, task, processors, judges: [] })));
