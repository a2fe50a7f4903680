/**
 * A task of your own: pixels that a broken sensor leaves black. A processor learns to fill them in, on pictures that
 * Legible draws, and is judged on others.
 *
 *   node dist/examples/02-a-task-of-your-own.js runs/dead-pixels
 *
 * As a file of src/data/tasks/ with a line in its index.ts the task would also be one of the command line's.
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
  train,
  writeSynthetic,
} from "legible";
import { z } from "zod";

const [folder = "dead-pixels", steps = "60"] = process.argv.slice(2);

const deadPixels = defineTask({
  name: "dead-pixels",
  options: z.object({ share: range({ min: 0, max: 1 }).default([0.1, 0.3]) }),
  scale: 1,
  degrade({ width, height, data }, { share }, random) {
    const dark = draw(share, random);
    const alive = Array.from({ length: width * height }, () => random.uniform() >= dark);
    return { width, height, data: data.map((value, i) => (alive[Math.floor(i / 3)] ? value : 0)) };
  },
});

const task = deadPixels.create({ share: 0.2 });
await writeSynthetic(join(folder, "learned"), { count: 200, seed: 0 });
await writeSynthetic(join(folder, "judged"), { count: 40, seed: 0, firstIndex: 200 });
const learned = await openDataset([join(folder, "learned")], { needLabels: false });
const judged = await openDataset([join(folder, "judged")], { needLabels: false });

const network = { processor: "compact-s", init: null, objective: "plain", lambda: 0, recognizer: null };
const schedule = { steps: Number(steps), batch: 4, crop: 48, lr: 3e-3, seed: 0 };
const { model } = await train({
  task,
  dataset: learned,
  out: join(folder, "run"),
  config: { task: task.name, options: task.options, data: [...learned.folders], ...network, ...schedule },
  onStep: ({ step, psnr }) => console.error(`step ${step}: ${psnr.toFixed(2)} dB`),
});

const processors = [await openProcessor(model, { name: "trained" })];
console.log(evaluationTable(await evaluate({ dataset: judged, task, processors, judges: [] })));
