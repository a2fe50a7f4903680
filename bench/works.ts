import { compactM } from "../src/networks/compact.js";
import { srresnet } from "../src/networks/srresnet.js";
import { type Graph, specialize } from "../src/onnx/graph.js";
import { flopsOfGraph } from "../src/profiling/flops.js";
import { probe } from "../src/runtime/probe.js";
import { mobilenetV2 } from "./mobilenet-v2.js";
import { resnet18 } from "./resnet18.js";

/** A workload that several programs can run, so that their times can be compared. */
export interface Work {
  readonly name: string;
  readonly kind: "step" | "inference" | "pipeline";
  readonly summary: string;
  /** Steps of one repeat, and number of warm-up steps among them that are not counted. Default: 8, 2. */
  readonly steps?: readonly [all: number, warmUp: number];
  /** Fixed batch size. Default: that of `--batch`. */
  readonly batch?: number;
  /** GFLOP per image; null if the arithmetic is not counted. */
  gflop(): Promise<number | null>;
}

/** The networks of the inference workloads, with the shape of their input without the batch. */
const networks: Readonly<Record<string, { build(): Graph; shape: readonly number[] }>> = {
  "p-inference": { build: () => srresnet.build(4, 0), shape: [3, 56, 56] },
  "r-inference": { build: resnet18, shape: [3, 224, 224] },
  "mobilenet-v2-inference": { build: mobilenetV2, shape: [3, 224, 224] },
  "compact-inference": { build: () => compactM.build(4, 0), shape: [3, 360, 640] },
};

/** The graph of an inference workload for a batch size. Its input is `image`. */
export function inferenceNetwork(work: string, batch: number): Graph {
  const network = networks[work];
  if (!network) throw new Error(`${work} is not an inference workload`);
  return specialize(network.build(), { image: [batch, ...network.shape] });
}

/** GFLOP of all convolutions and matrix products of a graph, and of its first convolution. */
async function forwardGflop(work: string): Promise<{ all: number; first: number }> {
  const { graph, shapes } = await probe(inferenceNetwork(work, 1));
  const first = graph.nodes.filter(({ op }) => op === "Conv").slice(0, 1);
  return { all: flopsOfGraph(graph, shapes) / 1e9, first: flopsOfGraph({ nodes: first }, shapes) / 1e9 };
}

/** The forward pass and the gradients of input and weight cost the same per layer. The image needs no gradient. */
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
    summary: "the same with a frozen ResNet-18 as R",
    // R adds its forward pass and the gradient of its input.
    gflop: async () => (await stepGflop()) + 2 * (await forwardGflop("r-inference")).all,
  },
  inference("p-inference", "SRResNet x4, 56 to 224 pixels"),
  inference("r-inference", "ResNet-18, 224 pixels"),
  inference("mobilenet-v2-inference", "MobileNetV2, 224 pixels"),
  inference("compact-inference", "the default processor x4, 640x360 pixels", 1),
  {
    name: "train-pipeline",
    kind: "pipeline",
    summary: "train() of the default processor on JPEG files, compared with its steps alone",
    batch: 8,
    // The warm-up consumes the prefetched batches.
    steps: [40, 8],
    gflop: async () => null,
  },
  {
    name: "train-ra-pipeline",
    kind: "pipeline",
    summary: "the same on crops of 224 pixels with ResNet-18 as R",
    batch: 8,
    steps: [20, 8],
    gflop: async () => null,
  },
  {
    name: "evaluate-pipeline",
    kind: "pipeline",
    summary: "evaluate() of the default processor with one recognizer on JPEG files, compared with inference alone",
    batch: 16,
    steps: [12, 2],
    gflop: async () => null,
  },
];
