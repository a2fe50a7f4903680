import { compactM } from "../src/networks/compact.js";
import { srresnet } from "../src/networks/srresnet.js";
import { type Graph, specialize } from "../src/onnx/graph.js";
import { flopsOfGraph } from "../src/profiling/flops.js";
import { probe } from "../src/runtime/probe.js";
import { mobilenetV2 } from "./mobilenet-v2.js";
import { resnet18 } from "./resnet18.js";

/** Something that several programs can do, so that their times can be compared. */
export interface Work {
  readonly name: string;
  readonly kind: "step" | "inference" | "pipeline";
  readonly summary: string;
  /** Steps of one repeat, and how many of them warm up and do not count. Default: 8, 2. */
  readonly steps?: readonly [all: number, warmUp: number];
  /** The one batch with which it makes sense; otherwise `--batch` says it. */
  readonly batch?: number;
  /** 10^9 floating point operations for an image; null where no one number says it. */
  gflop(): Promise<number | null>;
}

/** The networks that are applied, with their input's shape for one image. */
const networks: Readonly<Record<string, { build(): Graph; shape: readonly number[] }>> = {
  "p-inference": { build: () => srresnet.build(4, 0), shape: [3, 56, 56] },
  "r-inference": { build: resnet18, shape: [3, 224, 224] },
  "mobilenet-v2-inference": { build: mobilenetV2, shape: [3, 224, 224] },
  "compact-inference": { build: () => compactM.build(4, 0), shape: [3, 360, 640] },
};

/** The graph of an inference work for a batch; its input is called `image`. */
export function inferenceNetwork(work: string, batch: number): Graph {
  const network = networks[work];
  if (!network) throw new Error(`${work} is no inference`);
  return specialize(network.build(), { image: [batch, ...network.shape] });
}

/** Of the graph's convolutions and products of matrices, and of the first of them alone. */
async function forwardGflop(work: string): Promise<{ all: number; first: number }> {
  const { graph, shapes } = await probe(inferenceNetwork(work, 1));
  const first = graph.nodes.filter(({ op }) => op === "Conv").slice(0, 1);
  return { all: flopsOfGraph(graph, shapes) / 1e9, first: flopsOfGraph({ nodes: first }, shapes) / 1e9 };
}

/** Forward, to the input and to the weight each layer costs the same; nobody wants the gradient to the picture. */
async function stepGflop(): Promise<number> {
  const { all, first } = await forwardGflop("p-inference");
  return 3 * all - first;
}

const inference = (name: string, summary: string, batch?: number): Work => ({
  name,
  kind: "inference",
  summary,
  ...(batch && { batch }),
  gflop: async () => (await forwardGflop(name)).all,
});

export const works: readonly Work[] = [
  { name: "plain-step", kind: "step", summary: "training step of SRResNet x4, 56 to 224 pixels", gflop: stepGflop },
  {
    name: "ra-step",
    kind: "step",
    summary: "the same with a frozen network of ResNet-18's shape behind it",
    // Through R forward and to its input.
    gflop: async () => (await stepGflop()) + 2 * (await forwardGflop("r-inference")).all,
  },
  inference("p-inference", "SRResNet x4, 56 to 224 pixels"),
  inference("r-inference", "a network of ResNet-18's shape, 224 pixels"),
  inference("mobilenet-v2-inference", "a network of MobileNetV2's shape, 224 pixels"),
  inference("compact-inference", "the default processor x4, 640x360 pixels", 1),
  {
    name: "train-pipeline",
    kind: "pipeline",
    summary: "train() of the default processor on a folder of JPEG files, beside its bare step",
    batch: 8,
    // The batches that were made ready beforehand are used up in the warm-up.
    steps: [40, 8],
    gflop: async () => null,
  },
  {
    name: "train-ra-pipeline",
    kind: "pipeline",
    summary: "the same on crops of 224 pixels with a network of ResNet-18's shape as R",
    batch: 8,
    steps: [20, 8],
    gflop: async () => null,
  },
  {
    name: "evaluate-pipeline",
    kind: "pipeline",
    summary: "evaluate() of the default processor with one recognizer on such a folder, beside bare inference",
    batch: 16,
    steps: [12, 2],
    gflop: async () => null,
  },
];
