import { UserError } from "../errors.js";
import { attribute, type Graph, type Node } from "./graph.js";
import type { Tensor } from "./tensor.js";

/** The domain of ONNX Runtime's operators on blocks of channels. */
export const NCHWC = "com.microsoft.nchwc";

/** The numbers of channels in a block that ONNX Runtime uses: with AVX-512 16, with AVX2 8. */
const BLOCKS = [8, 16] as const;

/**
 * Whether the weight [O, I, H, W] of a convolution is blocked along its input channels as well, so that it is stored as
 * [O / block, I / block, H, W, block of I, block of O]; otherwise as [O / block, I, H, W, block of O], for depthwise
 * convolutions and for inputs of fewer channels than a block.
 */
export function isBlockedInput({ shape }: Tensor, group: number, block: number): boolean {
  const inner = shape[1] ?? 1;
  return group > 1 ? inner > 1 : inner >= block;
}

/** The elements of a weight in the order [O, I, H, W]. */
export function unblocked({ data, shape }: Tensor, block: number, blockedInput: boolean): Float32Array {
  const [outputs, inner, ...kernel] = shape as [number, number, ...number[]];
  const taps = kernel.reduce((product, size) => product * size, 1);
  const inputBlock = blockedInput ? block : 1;
  const result = new Float32Array(data.length);
  let i = 0;
  for (let o0 = 0; o0 < outputs; o0 += block)
    for (let i0 = 0; i0 < inner; i0 += inputBlock)
      for (let tap = 0; tap < taps; tap++)
        for (let ii = 0; ii < inputBlock; ii++)
          for (let oo = 0; oo < block; oo++) result[((o0 + oo) * inner + i0 + ii) * taps + tap] = data[i++] as number;
  return result;
}

/**
 * The number of channels in a block, which a file does not say: the one that all sizes of weights are multiples of, or else
 * the one under which more of the channels are empty, because ONNX Runtime fills the last block with zeros.
 * @param fallback the block size of this machine, on which such files are meant to run; null if it has none.
 * @throws UserError if the file leaves it open and there is no fallback.
 */
export function blockSizeOf(graph: Graph, fallback: number | null | undefined): number {
  const weights = blockedWeights(graph);
  const possible = BLOCKS.filter((block) => weights.every((weight) => fits(weight, block)));
  const counts = possible.map((block) => weights.reduce((sum, weight) => sum + emptyChannels(weight, block), 0));
  const best = possible.filter((_, i) => counts[i] === Math.max(...counts));
  if (best.length === 1) return best[0] as number;
  if (fallback && best.some((block) => block === fallback)) return fallback;
  throw new UserError(
    "its convolutions are in the blocked layout of another machine (ONNX Runtime, level `all`), whose block size is not " +
      "known; save the optimized model at the level `extended`",
  );
}

/** The weight of a convolution in the blocked layout. */
interface BlockedWeight {
  readonly tensor: Tensor;
  readonly group: number;
  /** Whether the input of the convolution is in the blocked layout. */
  readonly readsBlocks: boolean;
}

function blockedWeights(graph: Graph): BlockedWeight[] {
  const inBlocks = new Set<string>();
  return graph.nodes.flatMap((node) => {
    if (node.domain === NCHWC && node.op !== "ReorderOutput") for (const output of node.outputs) inBlocks.add(output);
    const tensor = node.domain === NCHWC && node.op === "Conv" && graph.initializers.get(node.inputs[1] ?? "");
    return tensor ? [{ tensor, group: groupOf(node), readsBlocks: inBlocks.has(node.inputs[0] ?? "") }] : [];
  });
}

const groupOf = (node: Node): number => attribute(node, "group", "int", 1);

function fits({ tensor, group, readsBlocks }: BlockedWeight, block: number): boolean {
  const [outputs = 0, inner = 0] = tensor.shape;
  if (outputs % block !== 0) return false;
  if (!isBlockedInput(tensor, group, block)) return group > 1 || !readsBlocks;
  return inner % block === 0;
}

/** The channels of a weight, output and input, all of whose elements are 0. */
function emptyChannels({ tensor, group }: BlockedWeight, block: number): number {
  const [outputs = 0, inner = 0] = tensor.shape;
  const data = unblocked(tensor, block, isBlockedInput(tensor, group, block));
  const taps = data.length / (outputs * inner);
  const [usedOutputs, usedInputs] = [new Set<number>(), new Set<number>()];
  for (const [i, value] of data.entries()) {
    if (value === 0) continue;
    usedOutputs.add(Math.floor(i / (inner * taps)));
    usedInputs.add(Math.floor(i / taps) % inner);
  }
  return outputs - usedOutputs.size + inner - usedInputs.size;
}
