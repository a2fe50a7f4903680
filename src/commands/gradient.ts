import { z } from "zod";
import { stopsOf, titlesOf } from "../autodiff/flow.js";
import { UserError } from "../errors.js";
import { resize } from "../images/resize.js";
import { lossGradients } from "../inspection/gradient.js";
import { inspectGraph } from "../inspection/inspect.js";
import { lossKinds } from "../inspection/loss.js";
import { type ClassProbability, magnitudes, type Saliency, saliency } from "../inspection/saliency.js";
import { bracketed, columns } from "../inspection/text.js";
import type { Tensor } from "../onnx/tensor.js";
import { decodeImage, encodeImage, requireEncodable } from "../platform/node/codec.js";
import { modelFiles, readModel } from "../platform/node/models.js";
import { requireWritable } from "../platform/node/outputs.js";
import { readSafetensors, writeSafetensors } from "../platform/node/safetensors-files.js";
import { printable } from "../printable.js";
import { classNames } from "../recognition/class-names.js";
import { requireGradientPath } from "../recognition/gradient-path.js";
import { withScores } from "../recognition/logits.js";
import { readRecognizer } from "../recognition/recognizer.js";
import { recognizerFrom, recognizerInputSettings } from "../recognition/settings.js";
import { heatMap } from "../report/heatmap.js";
import { listOf, named, path, wholeNumber } from "../settings.js";
import { type Context, defineCommand } from "./command.js";

const settings = z.object({
  model: path("an ONNX file", { position: 0, placeholder: "model" }),
  inputs: path("safetensors file with a tensor for each input of the model, and labels, target or weight", {
    placeholder: "file",
  }).optional(),
  loss: z.enum(lossKinds).optional().describe("the loss").meta({ placeholder: "name" }),
  wrt: listOf(z.string())
    .transform((lists) => lists.flatMap((list) => list.split(",")).map((name) => name.trim()))
    .refine((names) => !names.includes(""), "must be names with commas between them")
    .optional()
    .describe("differentiate with respect to these inputs, initializers or other values: a,b,c (default: inputs)")
    .meta({ placeholder: "names" }),
  allParameters: z.boolean().default(false).describe("also differentiate with respect to every weight"),
  out: path("safetensors file to write: loss, and grad.NAME for each name", {
    short: "o",
    placeholder: "file",
  }).optional(),
  image: path("image whose most important pixels for a recognizer are shown", { placeholder: "file" }).optional(),
  label: wholeNumber().optional().describe("class of the loss (default: the most probable class)"),
  heatmap: path("heat map to write: bright where the gradient is largest", { placeholder: "file" }).optional(),
  json: z.boolean().default(false).describe("print the summary as JSON"),
  ...recognizerInputSettings,
});
type Settings = z.output<typeof settings>;

export const gradient = defineCommand({
  name: "gradient",
  settings,
  notes: `The loss reads --output, an output or any other value (default: the first output). Losses, of y:
  cross-entropy  mean over all labels of -ln softmax(y)[label] along axis 1; labels: int64 [N], or [N, ...positions]
  mse            mean of (y - target)^2; target: float32 of y's shape
  weighted-sum   sum of y * weight; weight: float32 of y's shape, or weight.NAME for each of several outputs
If an input of the model has one of these names, the tensor of the loss can be given as loss.NAME. Sizes that depend on
values are those of the given tensors.`,
  examples: [
    "legible gradient resnet18.onnx --inputs batch.safetensors --loss cross-entropy --all-parameters -o gradients.safetensors",
    "legible gradient sr.onnx --inputs pair.safetensors --loss mse --wrt image,conv1.weight -o gradients.safetensors",
    "legible gradient resnet18.onnx --image photo.jpg --label 281 --heatmap cat.png",
  ],
  async run(given, context) {
    if (given.wrt && given.allParameters) throw exclusive("wrt", "allParameters");
    await requireOutputs(given);
    await (given.image === undefined ? ofTensors(given, context) : ofImage(given, given.image, context));
    return "done";
  },
});

const exclusive = (one: string, other: string) => new UserError(`${named(one)} and ${named(other)} exclude each other`);

/** Checks before the work that the results can be written. */
async function requireOutputs({ model, inputs, image, out, heatmap }: Settings): Promise<void> {
  if (heatmap !== undefined) requireEncodable(heatmap);
  const given = [inputs, image].filter((file) => file !== undefined);
  const outputs = [out, heatmap].filter((file) => file !== undefined);
  await requireWritable(outputs, [...modelFiles(model), ...given]);
}

async function ofTensors(given: Settings, { report, print }: Context): Promise<void> {
  const { model, inputs, loss: kind, output, wrt, allParameters, out, json } = given;
  if (inputs === undefined || kind === undefined || out === undefined)
    throw new UserError(
      `gradient needs ${named("inputs")}, ${named("loss")} and ${named("out")}, or ${named("image")} and ${named("heatmap")}`,
    );
  for (const key of ["label", "heatmap", "mean", "std", "size", "range", "layout", "channels", "classOffset"] as const)
    if (given[key] !== undefined) throw new UserError(`${named(key)} needs ${named("image")}`);
  const { tensors } = await readSafetensors(inputs);
  const options = { ...(output && { output }), ...(wrt && { wrt }), ...(allParameters && { allParameters }) };
  report.info(`differentiating ${kind} of ${model} on cpu`);
  const graph = await readModel(model);
  for (const note of graph.notes ?? []) report.info(`note: ${note}`);
  const { loss, outputs, gradients, independent } = await lossGradients(graph, tensors, { loss: kind, ...options });
  for (const name of independent) {
    const stops = outputs.flatMap((value) => stopsOf(graph, value, [name]));
    const reason =
      stops.length > 0
        ? `${titlesOf(stops)} ${stops.length > 1 ? "stop" : "stops"} it`
        : "the loss does not depend on it";
    report.info(`the gradient of "${name}" is zero: ${reason}`);
  }
  await writeGradients(out, loss, gradients);
  const value = Number(loss.data[0]);
  const rows = Object.entries(gradients).map(([name, tensor]) => ({ name, shape: tensor.shape, norm: norm(tensor) }));
  const summary = { model, loss: { kind, of: outputs, value }, gradients: rows, independent, out };
  if (json) return print(JSON.stringify(summary, null, 2));
  const lines = rows.map(({ name, shape, norm: length }) => [name, bracketed(shape), length.toPrecision(6)]);
  print(printable(`loss ${value.toPrecision(7)}   ${kind} of ${outputs.join(", ")}`));
  print(columns([["d loss / d", "shape", "L2 norm"], ...lines]).join("\n"));
  print(out);
}

const writeGradients = (path: string, loss: Tensor, gradients: Readonly<Record<string, Tensor>>): Promise<void> => {
  const entries = Object.entries(gradients).map(([name, tensor]) => [`grad.${name}`, tensor]);
  return writeSafetensors(path, { tensors: { loss, ...Object.fromEntries(entries) }, metadata: {} });
};

const norm = ({ data }: Tensor): number =>
  Math.sqrt((data as Float32Array).reduce((sum, value) => sum + value ** 2, 0));

async function ofImage(given: Settings, image: string, { report, print }: Context): Promise<void> {
  const { model, label, heatmap, out, size, json } = given;
  for (const key of ["inputs", "loss", "wrt"] as const) if (given[key] !== undefined) throw exclusive("image", key);
  if (given.allParameters) throw exclusive("image", "allParameters");
  if (heatmap === undefined && out === undefined)
    throw new UserError(`${named("image")} needs ${named("heatmap")}, ${named("out")}, or both`);
  const file = await readModel(model);
  const judged = given.output === undefined ? file : withScores(file, given.output);
  const { serves } = await inspectGraph(judged, size ? { inputSize: size } : {});
  if (!serves.recognizer.serves) throw new UserError(`${model} is not a recognizer: ${serves.recognizer.reason}`);
  const recognizer = await readRecognizer(model, recognizerFrom(given));
  requireGradientPath(recognizer, "differentiate");
  report.info(`differentiating ${recognizer.name} for ${image} on cpu`);
  for (const note of recognizer.graph.notes ?? []) report.info(`note: ${note}`);
  const onFlaw = (flaw: string) => report.info(printable(`flawed ${image}: ${flaw}`));
  const found = await saliency(recognizer, await decodeImage(image, { onFlaw }), label);
  if (out !== undefined) await writeGradients(out, found.loss, { image: found.gradient });
  if (heatmap !== undefined) await writeHeatMap(heatmap, found);
  const names = await classNames(model, recognizer.classOffset);
  const withName = (each: ClassProbability) => ({ ...each, name: names[each.label] ?? null });
  const { label: target, probability } = found;
  const top5 = found.best.map(withName);
  const summary = { ...withName({ label: target, probability }), top: top5[0], top5 };
  const numbers = { loss: Number(found.loss.data[0]), norm: norm(found.gradient) };
  if (json) return print(JSON.stringify({ model, image, ...summary, ...numbers, heatmap, out }, null, 2));
  print(printable(`class ${target}${summary.name === null ? "" : ` (${summary.name})`}: ${percent(probability)}`));
  print(`most probable:\n${columns(top5.map(classRow)).join("\n")}`);
  print(`loss ${numbers.loss.toPrecision(7)}   L2 norm of d loss / d image ${numbers.norm.toPrecision(6)}`);
  for (const path of [heatmap, out]) if (path !== undefined) print(path);
}

/** A class, its name and its probability as cells of a table. */
const classRow = (each: ClassProbability & { readonly name: string | null }) => [
  String(each.label),
  each.name ?? "",
  percent(each.probability),
];

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** The heat map's shorter side is at least this, in pixels. */
const SHOWN_SIDE = 448;

async function writeHeatMap(path: string, { image, gradient: found }: Saliency): Promise<void> {
  const map = heatMap(image, magnitudes(found));
  const zoom = Math.max(1, Math.ceil(SHOWN_SIDE / Math.min(map.width, map.height)));
  await encodeImage(resize(map, map.width * zoom, map.height * zoom, "bicubic"), path);
}
