import { FIXED } from "../networks/network.js";
import type { Graph, Node } from "../onnx/graph.js";
import { toNumbers } from "../onnx/tensor.js";
import { COLORS, elementwiseConstant, isColorShift, type WeightUses } from "./weight-uses.js";

/**
 * Initializers in the place of weights that are constants, by name, with their role: running statistics, the normalization
 * of colors at a network's input and output, fixed filters, and the ones and zeros that exporters write for normalizations
 * without weights.
 */
export function constantRoles(uses: WeightUses): ReadonlyMap<string, string> {
  const roles = new Map<string, string>();
  for (const node of uses.graph.nodes.filter(({ domain }) => domain === ""))
    for (const [role, find] of Object.entries(finders))
      for (const name of find(node, uses)) if (name !== undefined && !roles.has(name)) roles.set(name, role);
  return roles;
}

type Finder = (node: Node, uses: WeightUses) => readonly (string | undefined)[];

const finders: Readonly<Record<string, Finder>> = {
  "running statistics": ({ op, inputs }, { origin }) =>
    op === "BatchNormalization" ? inputs.slice(3, 5).map(origin) : [],
  "color normalization": (node, uses) => [...colorShift(node, uses), ...colorVector(node, uses)],
  "fixed filters": ({ op, inputs: [, weight] }, { graph, origin }) => {
    const name = origin(weight);
    return isConv(op) && name !== undefined && isFixedFilter(graph, name) ? [name] : [];
  },
  "normalizations without weights": (node, uses) => plainNorm(node, uses),
};

const isConv = (op: string | undefined): boolean => op === "Conv" || op === "ConvTranspose";

/** Whether a node processes the input image, before the first layer, or the output image, after the last one. */
const isAtEnd = (node: Node, data: string | undefined, uses: WeightUses): boolean =>
  !uses.afterLayer(data) || !uses.beforeLayer(node.outputs[0]);

const colorShift: Finder = (node, uses) =>
  isColorShift(uses.graph, node, uses.origin) && isAtEnd(node, node.inputs[0], uses)
    ? node.inputs.slice(1, 3).map(uses.origin)
    : [];

/** Mean or standard deviation of the colors. */
const colorVector: Finder = (node, uses) => {
  const found = elementwiseConstant(node, uses, ["Add", "Sub", "Mul", "Div"]);
  if (!found || numbersOf(uses.graph, found.name).length !== COLORS) return [];
  return isAtEnd(node, found.data, uses) && !isBias(node, found.data, uses) ? [found.name] : [];
};

/** Whether an Add is the bias of a layer without a bias input: some exporters write it so. */
function isBias({ op }: Node, data: string, { producers }: WeightUses): boolean {
  const layer = producers.get(data);
  return op === "Add" && (layer?.op === "MatMul" || (isConv(layer?.op) && !layer?.inputs[2]));
}

/** Interpolations and blurs: those of Legible, and symmetric filters that are the same for every channel. */
function isFixedFilter(graph: Graph, name: string): boolean {
  if (name.startsWith(FIXED)) return true;
  const [channels = 0, inputs, ...kernel] = graph.initializers.get(name)?.shape ?? [];
  if (channels < 2 || inputs !== 1 || kernel.every((side) => side === 1)) return false;
  const values = numbersOf(graph, name);
  const filter = values.slice(0, values.length / channels);
  const repeated = values.every((value, i) => value === filter[i % filter.length]);
  const symmetric = filter.every((value, i) => value === filter.at(-1 - i));
  return repeated && symmetric && filter.some((value) => value !== 0);
}

/** Exporters write group normalization, and normalizations without weights, with scales of 1 and shifts of 0. */
const plainNorm: Finder = ({ op, inputs }, { graph, origin }) => {
  const names = inputs.slice(1, 3).map(origin);
  const [scale, shift] = names;
  if (op !== "InstanceNormalization" || scale === undefined || shift === undefined) return [];
  if (namedAsWeight.test(scale) && namedAsWeight.test(shift)) return [];
  const plain = numbersOf(graph, scale).every((v) => v === 1) && numbersOf(graph, shift).every((v) => v === 0);
  return plain ? names : [];
};

/** Names that frameworks give to the scale and shift of a normalization with weights. */
const namedAsWeight = /(weight|scale|gamma|bias|shift|beta|offset)$/i;

function numbersOf(graph: Graph, name: string): number[] {
  const tensor = graph.initializers.get(name);
  return tensor ? toNumbers(tensor) : [];
}
