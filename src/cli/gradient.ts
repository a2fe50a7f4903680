import { Command, InvalidArgumentError, Option } from "commander";
import { UserError } from "../errors.js";
import { resize } from "../images/resize.js";
import { lossGradients } from "../inspection/gradient.js";
import { inspectGraph } from "../inspection/inspect.js";
import { type LossKind, lossKinds } from "../inspection/loss.js";
import { magnitudes, type Saliency, saliency } from "../inspection/saliency.js";
import { bracketed, columns } from "../inspection/text.js";
import type { Tensor } from "../onnx/tensor.js";
import { decodeImage, encodeImage } from "../platform/node/codec.js";
import { readModel } from "../platform/node/models.js";
import { readSafetensors, writeSafetensors } from "../platform/node/safetensors-files.js";
import { readRecognizer } from "../recognition/recognizer.js";
import { heatMap } from "../report/heatmap.js";
import { addRecognizerOptions, type RecognizerFlags, recognizerFrom } from "./options.js";

interface Flags extends RecognizerFlags {
  inputs?: string;
  loss?: LossKind;
  wrt?: string[];
  allParameters?: true;
  out?: string;
  image?: string;
  label?: number;
  heatmap?: string;
  json?: true;
}

const ofTensors = ["inputs", "loss", "wrt", "allParameters"];

const command = new Command("gradient")
  .description("differentiate a loss behind an ONNX model, for given tensors or for a picture")
  .argument("<model>", "an ONNX file")
  .option("--inputs <file>", "safetensors: a tensor for each input of the model, and labels, target or weight")
  .addOption(new Option("--loss <name>", "the loss").choices(lossKinds))
  .option(
    "--wrt <names>",
    "differentiate by these inputs, initializers or other values: a,b,c (default: inputs)",
    names,
  )
  .addOption(new Option("--all-parameters", "and by every weight").conflicts("wrt"))
  .option("-o, --out <file>", "safetensors to write: loss, and grad.NAME for each name")
  .addOption(new Option("--image <file>", "show what a recognizer looks at in this picture").conflicts(ofTensors))
  .option("--label <n>", "the class to ask about (default: the most probable one)", wholeNumber)
  .option("--heatmap <file>", "picture to write: where a small change matters most is brightest")
  .option("--json", "print the summary as JSON");

export const gradientCommand = addRecognizerOptions(command)
  .addHelpText(
    "after",
    `
The loss looks at --output, an output or any other value (default: the first output). Losses, of y:
  cross-entropy  mean over all labels of -ln softmax(y)[label] along axis 1; labels: int64 [N], or [N, ...positions]
  mse            mean of (y - target)^2; target: float32 of y's shape
  weighted-sum   sum of y * weight; weight: float32 of y's shape, or weight.NAME for each of several outputs

Examples:
  $ legible gradient resnet18.onnx --inputs batch.safetensors --loss cross-entropy --all-parameters -o gradients.safetensors
  $ legible gradient sr.onnx --inputs pair.safetensors --loss mse --wrt image,conv1.weight -o gradients.safetensors
  $ legible gradient resnet18.onnx --image photo.jpg --label 281 --heatmap cat.png`,
  )
  .action((model: string, flags: Flags) => (flags.image === undefined ? ofFile(model, flags) : ofImage(model, flags)));

/** Names with commas between them. */
function names(text: string): string[] {
  const found = text.split(",").map((name) => name.trim());
  if (found.includes("")) throw new InvalidArgumentError("Expected names with commas between them.");
  return found;
}

/** 0, 1, 2, … */
function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number of 0 or more.");
}

async function ofFile(model: string, flags: Flags): Promise<void> {
  const { inputs, loss: kind, output, wrt, allParameters, out, json } = flags;
  if (inputs === undefined || kind === undefined || out === undefined)
    throw new UserError("gradient needs --inputs FILE, --loss NAME and -o FILE; or --image FILE and --heatmap FILE");
  for (const flag of ["label", "heatmap", "mean", "std", "size", "range", "layout", "channels"] as const)
    if (flags[flag] !== undefined) throw new UserError(`--${flag} goes with --image FILE`);
  const { tensors } = await readSafetensors(inputs);
  const options = { ...(output && { output }), ...(wrt && { wrt }), ...(allParameters && { allParameters }) };
  console.error(`differentiating ${kind} behind ${model} on cpu`);
  const graph = await readModel(model);
  for (const note of graph.notes ?? []) console.error(`note: ${note}`);
  const result = await lossGradients(graph, tensors, { loss: kind, ...options });
  const { loss, outputs, gradients, independent } = result;
  for (const name of independent) console.error(`the loss does not depend on "${name}": its gradient is zero`);
  await writeGradients(out, loss, gradients);
  const value = Number(loss.data[0]);
  const rows = Object.entries(gradients).map(([name, tensor]) => ({ name, shape: tensor.shape, norm: norm(tensor) }));
  if (json)
    return console.log(
      JSON.stringify({ model, loss: { kind, of: outputs, value }, gradients: rows, independent, out }, null, 2),
    );
  const lines = rows.map(({ name, shape, norm }) => [name, bracketed(shape), norm.toPrecision(6)]);
  console.log(`loss ${value.toPrecision(7)}   ${kind} of ${outputs.join(", ")}`);
  console.log(columns([["d loss / d", "shape", "L2 norm"], ...lines]).join("\n"));
  console.log(out);
}

/** The file is whole or absent. */
const writeGradients = (path: string, loss: Tensor, gradients: Readonly<Record<string, Tensor>>): Promise<void> => {
  const named = Object.entries(gradients).map(([name, tensor]) => [`grad.${name}`, tensor]);
  return writeSafetensors(path, { tensors: { loss, ...Object.fromEntries(named) }, metadata: {} });
};

const norm = ({ data }: Tensor): number =>
  Math.sqrt((data as Float32Array).reduce((sum, value) => sum + value ** 2, 0));

/** The heat map's shorter side is at least this. */
const SHOWN_SIDE = 448;

async function ofImage(model: string, flags: Flags): Promise<void> {
  const { image = "", label, heatmap, out, size, json } = flags;
  if (heatmap === undefined && out === undefined) throw new UserError("--image needs --heatmap FILE, -o FILE, or both");
  const { serves } = await inspectGraph(await readModel(model), size ? { inputSize: size } : {});
  if (!serves.recognizer.serves) throw new UserError(`${model} is not a recognizer: ${serves.recognizer.reason}`);
  const recognizer = await readRecognizer(model, recognizerFrom(flags));
  console.error(`asking ${recognizer.name} about ${image} on cpu`);
  const found = await saliency(recognizer, await decodeImage(image), label);
  if (out !== undefined) await writeGradients(out, found.loss, { image: found.gradient });
  if (heatmap !== undefined) await drawHeatMap(heatmap, found);
  const summary = { label: found.label, probability: found.probability, top: found.top };
  const numbers = { loss: Number(found.loss.data[0]), norm: norm(found.gradient) };
  if (json) return console.log(JSON.stringify({ model, image, ...summary, ...numbers, heatmap, out }, null, 2));
  const percent = (probability: number) => `${(100 * probability).toFixed(1)} %`;
  const chosen = label === undefined ? "the most probable" : `the most probable is ${found.top.label}`;
  const top = label === undefined ? "" : ` with ${percent(found.top.probability)}`;
  console.log(`class ${found.label}: ${percent(found.probability)} (${chosen}${top})`);
  console.log(`loss ${numbers.loss.toPrecision(7)}   L2 norm of d loss / d image ${numbers.norm.toPrecision(6)}`);
  for (const path of [heatmap, out]) if (path !== undefined) console.log(path);
}

async function drawHeatMap(path: string, { image, gradient }: Saliency): Promise<void> {
  const map = heatMap(image, magnitudes(gradient));
  const zoom = Math.max(1, Math.ceil(SHOWN_SIDE / Math.min(map.width, map.height)));
  await encodeImage(resize(map, map.width * zoom, map.height * zoom, "bicubic"), path);
}
