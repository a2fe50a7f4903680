import { writeFileSync } from "node:fs";
import { obstacles } from "../src/autodiff/gradients.js";
import { gradient } from "../src/commands/gradient.js";
import { inspect } from "../src/commands/inspect.js";
import { enhance, enhancePixels } from "../src/enhancement/enhance.js";
import { decodeRaster } from "../src/enhancement/raster-codec.js";
import { asUserError } from "../src/errors.js";
import { decodeModel } from "../src/onnx/decode.js";
import { encodeModel } from "../src/onnx/encode.js";
import { type Graph, specialize } from "../src/onnx/graph.js";
import { encodeSafetensors } from "../src/onnx/safetensors.js";
import { type DataType, sizeOf, type Tensor, zeros } from "../src/onnx/tensor.js";
import { decodeImage } from "../src/platform/node/codec.js";
import { readModel, writeModel } from "../src/platform/node/models.js";
import { openProcessor } from "../src/processors/open.js";
import { Processor } from "../src/processors/processor.js";
import { openClassifier } from "../src/recognition/classifier.js";
import type { RecognizerSettings } from "../src/recognition/recognizer.js";
import { probe } from "../src/runtime/probe.js";
import { Session } from "../src/runtime/session.js";
import { fuzzImages, mutatedImage } from "./fuzz-images.js";
import { fuzzModels } from "./fuzz-models.js";
import { fuzzTexts, mutatedText } from "./fuzz-texts.js";
import { flatImage } from "./images.js";
import { mutated } from "./mutations.js";
import { runCommand } from "./run-command.js";
import { enlarging, writeClassifier } from "./workspace.js";

/** What became of a corrupted file; "flawed": it was decoded, and its flaw was reported. */
export type Verdict = "accepted" | "flawed" | "refused";

/** The result of one corrupted file. */
export interface Trial {
  readonly verdict: Verdict;
  /** The messages of the refusals. */
  readonly messages: readonly string[];
}

/** Uses the corrupted file of a seed and an index. @throws anything that is no `UserError`. */
export type Subject = (seed: number, index: number) => Promise<Trial>;

/** Makes a subject, in a working folder of its own. */
export type SubjectMaker = (folder: string) => Promise<Subject>;

/** Runs the uses of a file. It is refused if all of them refuse it. */
async function trial(...uses: readonly (() => Promise<unknown>)[]): Promise<Trial> {
  const messages: string[] = [];
  for (const use of uses) {
    try {
      await use();
    } catch (error) {
      const own = asUserError(error);
      if (!own) throw error;
      messages.push(own.message);
    }
  }
  return { verdict: messages.length < uses.length ? "accepted" : "refused", messages };
}

/** Larger images are decoded and not restored, because that takes as long as for a sound image of the size. */
const MOST_PIXELS = 2 ** 18;

/** Decodes images for training and restores them. */
const images: SubjectMaker = async () => {
  const seeds = await fuzzImages();
  const processor = new Processor(enlarging(2), {}, { threads: 1 });
  return async (seed, index) => {
    const content = mutatedImage(seeds, seed, index);
    let flawed = false;
    const onFlaw = () => {
      flawed = true;
    };
    let pixels = 0;
    const result = await trial(
      async () => {
        const { width, height } = await decodeImage(content, { onFlaw });
        pixels = width * height;
      },
      () => (pixels > MOST_PIXELS ? decodeRaster(content, "the image") : enhance(processor, content)),
    );
    return flawed && result.verdict === "accepted" ? { ...result, verdict: "flawed" } : result;
  };
};

/** Reads a model, differentiates it and loads it; no use of it needs a preprocessing. */
const graphs: SubjectMaker = async () => {
  const models = fuzzModels();
  return (seed, index) =>
    trial(async () => {
      const graph = decodeModel(mutated(models, seed, index));
      obstacles(graph, graph.outputs[0]?.name ?? "", [graph.inputs[0]?.name ?? ""]);
      encodeModel(graph);
      const session = await Session.create(graph, { threads: 1 });
      await session.release();
    });
};

const SIDE = 16;

/** Inspects a model, differentiates it for tensors, and opens it as a recognizer and as a processor. */
const models: SubjectMaker = async () => {
  await writeClassifier("classifier.onnx", SIDE);
  await writeModel(enlarging(2), "x2.onnx");
  const seeds = [
    ...fuzzModels(),
    encodeModel(await readModel("classifier.onnx")),
    encodeModel(await readModel("x2.onnx")),
  ];
  const preprocessing: RecognizerSettings = { size: SIDE, mean: [0, 0, 0], std: [1, 1, 1] };
  return (seed, index) => {
    writeFileSync("model.onnx", mutated(seeds, seed, index));
    return trial(
      () => runCommand(inspect, "model.onnx"),
      async () => {
        const tensors = await tensorsFor(await readModel("model.onnx"));
        writeFileSync("inputs.safetensors", Buffer.concat(encodeSafetensors({ tensors, metadata: {} })));
        await runCommand(
          gradient,
          "model.onnx",
          "--inputs",
          "inputs.safetensors",
          "--loss",
          "mse",
          "-o",
          "out.safetensors",
        );
      },
      async () => {
        const judge = await openClassifier("model.onnx", preprocessing, { threads: 1 });
        await judge.predict([flatImage(SIDE, SIDE, 99)]).finally(() => judge.release());
      },
      async () => {
        const processor = await openProcessor("model.onnx", { threads: 1 });
        await enhancePixels(processor, flatImage(SIDE, SIDE, 99)).finally(() => processor.release());
      },
    );
  };
};

/** Zeros for the inputs of a model and a target for its output, of small sizes. */
async function tensorsFor(graph: Graph): Promise<Record<string, Tensor>> {
  const shapes = graph.inputs.map(({ shape }) => (shape ?? []).map((size) => (typeof size === "number" ? size : 2)));
  const inputs = graph.inputs.flatMap(({ name, type = "float32" }, i) => tensorOf(name, type, shapes[i] ?? []));
  const sizes = Object.fromEntries(graph.inputs.map(({ name }, i) => [name, shapes[i] ?? []]));
  const tried =
    inputs.length === graph.inputs.length ? await probe(specialize(graph, sizes)).catch(() => undefined) : undefined;
  const output = graph.outputs[0]?.name ?? "";
  return Object.fromEntries([...inputs, ...tensorOf("target", "float32", tried?.shapes.get(output) ?? [])]);
}

function tensorOf(name: string, type: DataType, sizes: readonly number[]): [string, Tensor][] {
  const fits = ["float32", "int64", "bool"].includes(type) && sizes.every((size) => size >= 0) && sizeOf(sizes) <= 1e6;
  return fits ? [[name, zeros(type as "float32", sizes)]] : [];
}

/** Reads labels, settings, records, recipes and named tensors. */
const textsOf =
  (withRuns: boolean): SubjectMaker =>
  async (folder) => {
    const kinds = await fuzzTexts(folder, withRuns);
    return async (seed, index) => {
      const { text, content } = mutatedText(kinds, seed, index);
      const result = await trial(() => text.read(content));
      return { ...result, messages: result.messages.map((message) => `${text.name}: ${message}`) };
    };
  };

/** The kinds of corrupted files and their uses, by name. */
export const subjects: Readonly<Record<string, SubjectMaker>> = {
  images,
  graphs,
  models,
  texts: textsOf(true),
  textsWithoutRuns: textsOf(false),
};
