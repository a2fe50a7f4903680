/**
 * Fine-tunes the weights of any ONNX restorer with the loss of a frozen classifier added to the image loss, so that its
 * outputs are recognized better. The written model has the names, inputs and outputs of the original.
 *
 *   node dist/examples/01-fine-tune-any-restorer.js their-sr.onnx squeezenet1_1.onnx photos runs/theirs
 *
 * The classifier needs a sidecar JSON with its preprocessing. The restorer needs one if its images are not RGB in [0, 1],
 * such as {"output": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}} for a tanh output. `photos` contains a subfolder
 * per class or a labels.csv.
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
    console.log(`${parameters} trainable weights`);
    for (const [role, names] of constant) console.log(`constant: ${role}: ${names.join(", ")}`);
  },
  onStep: ({ step, losses, psnr }) => {
    if (step % 10 === 0) console.log(`step ${step}: loss ${losses.loss}, ${psnr.toFixed(2)} dB`);
  },
});
console.log(model);
