/**
 * Fine-tunes any ONNX restorer so that a classifier recognizes its results better: the restorer's own weights are trained
 * with the loss of the frozen classifier beside the image loss. The written model keeps the names, inputs and outputs of
 * the original.
 *
 *   node dist/examples/01-fine-tune-any-restorer.js their-sr.onnx squeezenet1_1.onnx images runs/theirs [SCALE] [STEPS] [CROP]
 *
 * The classifier needs a JSON file of the same name with its preprocessing, such as
 *   {"input": {"size": 224, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}}
 * The restorer's input and output default to RGB in [0, 1]; a JSON file of the same name overrides this, such as
 *   {"output": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}} for an output in [-1, 1].
 * `images` has one subfolder per class, or a labels.csv.
 */
import { train, UserError } from "legible";

const [processor, recognizer, images, out, scale = "4", steps = "200", crop = "128"] = process.argv.slice(2);
if (!processor || !recognizer || !images || !out)
  throw new UserError(
    "usage: 01-fine-tune-any-restorer RESTORER.onnx CLASSIFIER.onnx IMAGES RUN [SCALE] [STEPS] [CROP]",
  );

const { model } = await train({
  task: "sr",
  scale: Number(scale),
  objective: "ra",
  lambda: 1e-3,
  processor,
  recognizer: [recognizer],
  freeze: [], // ["head.*"] would freeze the first layer
  data: [images],
  steps: Number(steps),
  batch: 4,
  crop: Number(crop),
  lr: 1e-4,
  seed: 0,
  out,
  onStart: ({ parameters, constant }) => {
    console.log(`${parameters} trainable weights`);
    for (const [kind, names] of constant) console.log(`constant: ${kind}: ${names.join(", ")}`);
  },
  onStep: ({ step, losses, psnr }) => {
    if (step % 10 === 0) console.log(`step ${step}: loss ${losses.loss}, ${psnr.toFixed(2)} dB`);
  },
});
console.log(model);
