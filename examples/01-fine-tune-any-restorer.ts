/**
 * Fine-tunes any ONNX restorer so that its results are recognized better: its own weights, with the loss of a frozen
 * classifier beside the image loss. What is written has the names, inputs and outputs of the original.
 *
 *   node dist/examples/01-fine-tune-any-restorer.js their-sr.onnx squeezenet1_1.onnx photos runs/theirs
 *
 * Beside the classifier stands a JSON with its preprocessing; beside the restorer one where it wants anything but RGB in
 * [0, 1], such as {"output": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}} for a tanh. `photos` holds a folder for
 * each class, or a labels.csv.
 */
import { train, UserError } from "legible";

const [processor, recognizer, photos, out] = process.argv.slice(2);
if (!processor || !recognizer || !photos || !out)
  throw new UserError("usage: 01-fine-tune-any-restorer RESTORER.onnx CLASSIFIER.onnx PHOTOS RUN");

const { model } = await train({
  task: "sr",
  scale: 4,
  objective: "ra",
  lambda: 1e-3,
  processor,
  recognizer: [recognizer],
  freeze: [], // ["head.*"] would freeze the first layer
  data: [photos],
  steps: 200,
  batch: 4,
  crop: 128,
  lr: 1e-4,
  seed: 0,
  out,
  onStart: ({ parameters, constant }) => {
    console.log(`${parameters} weights train`);
    for (const [what, names] of constant) console.log(`constant: ${what}: ${names.join(", ")}`);
  },
  onStep: ({ step, losses, psnr }) => {
    if (step % 10 === 0) console.log(`step ${step}: loss ${losses.loss}, ${psnr.toFixed(2)} dB`);
  },
});
console.log(model);
