/**
 * A custom task: dead pixels of a sensor, which are black. A processor is trained to inpaint them on synthetic images and
 * evaluated on others.
 *
 *   node dist/examples/02-a-task-of-your-own.js runs/dead-pixels
 *
 * To make the task available on the command line, put it into src/data/tasks/ and add it to the list in index.ts there.
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
    const deadShare = draw(share, random);
    const alive = Array.from({ length: width * height }, () => random.uniform() >= deadShare);
    return { width, height, data: data.map((value, i) => (alive[Math.floor(i / 3)] ? value : 0)) };
  },
});

const task = deadPixels.create({ share: 0.2 });
await synthesize(join(folder, "training"), { style: "patterned", count: 200 });
await synthesize(join(folder, "held-out"), { style: "patterned", count: 40, firstIndex: 200 });
const trainingSet = await openDataset([join(folder, "training")], { needLabels: false });
const heldOutSet = await openDataset([join(folder, "held-out")], { needLabels: false });

const { model } = await train({
  task,
  dataset: trainingSet,
  processor: "compact-s",
  steps: Number(steps),
  batch: 4,
  crop: 48,
  lr: 3e-3,
  out: join(folder, "run"),
  onStep: ({ step, psnr }) => console.error(`step ${step}: ${psnr.toFixed(2)} dB`),
});

const processors = [await openProcessor(model, { name: "trained" })];
console.log(evaluationTable(await evaluate({ dataset: heldOutSet, task, processors, recognizers: [] })));
