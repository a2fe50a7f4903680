import { grouped } from "../grouped.js";
import type { Graph } from "../onnx/graph.js";
import { NCHWC } from "../onnx/nchwc-weights.js";
import { flopsOf } from "./flops.js";
import type { TracedNode, TracedRun } from "./trace.js";

/** The cost of an operator: means over the runs. */
export interface Cost {
  readonly operator: string;
  /** Executions per run. */
  readonly calls: number;
  readonly ms: number;
  /** Share of the time of all operators, 0 to 1. */
  readonly share: number;
  /** 10^9 floating-point operations per run; 0 for operators that are not counted. */
  readonly gflop: number;
  /** 10^9 floating-point operations per second. */
  readonly gflops: number;
  readonly shareOfPeak: number;
}

/** The cost of a node, with the shapes of its inputs and of its first output. */
export interface NodeCost extends Cost {
  readonly node: string;
  readonly inputs: readonly (readonly number[])[];
  readonly output: readonly number[];
}

/** The cost of each node, the slowest first. */
export function nodeCosts(runs: readonly TracedRun[], graph: Graph, peakGflops: number): NodeCost[] {
  const weights = weightShapes(graph);
  const blocked = new Set(graph.nodes.filter(({ domain }) => domain === NCHWC).map(({ name }) => name));
  const executions = grouped(
    runs.flatMap(({ nodes }) => nodes),
    ({ name, op }) => `${op} ${name}`,
  );
  const total = sum(runs.flatMap(({ nodes }) => nodes.map(({ ms }) => ms))) / runs.length;
  const costs = [...executions.values()].map((each): NodeCost => {
    const [{ name, op, output, ...traced }] = each as [TracedNode];
    const weight = weights.get(`${op} ${name}`);
    const inputs = weight ? [traced.inputs[0] ?? [], weight] : traced.inputs;
    const inBlocks = blocked.has(name) || name.endsWith("_nchwc");
    const ms = sum(each.map((execution) => execution.ms)) / runs.length;
    const calls = each.length / runs.length;
    const flops = calls * (flopsOf(op, inputs, output) ?? 0);
    const cost = costOf(inBlocks ? `${op} (blocked)` : op, calls, {
      ms,
      gflop: flops / 1e9,
      total,
      peakGflops,
    });
    return { ...cost, node: name, inputs, output };
  });
  return costs.sort((a, b) => b.ms - a.ms);
}

/** The shapes of constant second inputs by operator and node: the trace lacks those that the runtime has packed. */
function weightShapes({ nodes, initializers }: Graph): Map<string, readonly number[]> {
  const found = new Map<string, readonly number[]>();
  for (const { op, name, inputs } of nodes) {
    const weight = initializers.get(inputs[1] ?? "");
    if (weight) found.set(`${op} ${name}`, weight.shape);
  }
  return found;
}

/** The cost of each operator, summed over its nodes; the slowest first. */
export function operatorCosts(nodes: readonly NodeCost[], peakGflops: number): Cost[] {
  const total = sum(nodes.map(({ ms }) => ms));
  const groups = [...grouped(nodes, ({ operator }) => operator)];
  const costs = groups.map(([operator, group]) => {
    const [ms, gflop] = [sum(group.map((node) => node.ms)), sum(group.map((node) => node.gflop))];
    return costOf(operator, sum(group.map(({ calls }) => calls)), { ms, gflop, total, peakGflops });
  });
  return costs.sort((a, b) => b.ms - a.ms);
}

interface Measured {
  readonly ms: number;
  readonly gflop: number;
  readonly total: number;
  readonly peakGflops: number;
}

function costOf(operator: string, calls: number, { ms, gflop, total, peakGflops }: Measured): Cost {
  const gflops = ms > 0 ? (1000 * gflop) / ms : 0;
  return { operator, calls, ms, share: total > 0 ? ms / total : 0, gflop, gflops, shareOfPeak: gflops / peakGflops };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
