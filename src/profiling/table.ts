import { bracketed, columns } from "../inspection/text.js";
import { signed } from "../number-text.js";
import type { Cost } from "./costs.js";
import type { Profile } from "./profile.js";

/**
 * A profile as text: a summary, the time by operator, and the slowest nodes.
 * @param top the number of nodes to list.
 */
export function profileTable({ machine, ms, ...profile }: Profile, top: number): string {
  const { operators, nodes, memory, images, gflop } = profile;
  const slower = (100 * (ms.profiled - ms.plain)) / ms.plain;
  const rates = `${profile.gflops.toFixed(0)} GFLOP/s, ${percent(profile.shareOfPeak)} of the peak`;
  const head = columns([
    ["machine", `${machine.cpu}, ${machine.threads} threads, peak ${machine.peakGflops.toFixed(0)} GFLOP/s (measured)`],
    [
      "time",
      `${ms.plain.toFixed(1)} ms per run of ${images}, ${(ms.plain / images).toFixed(1)} ms per image (median of ${profile.runs})`,
    ],
    ["arithmetic", `${gflop.toFixed(2)} GFLOP per run: ${rates}`],
    [
      "memory",
      `peak ${memory.peakMib.toFixed(0)} MiB in the process, ${memory.tensorsMib.toFixed(0)} MiB for the tensors of a run`,
    ],
    ["profiler", `a profiled run takes ${ms.profiled.toFixed(1)} ms (${signed(slower)} %)`],
  ]);
  const byOperator = operators.map((cost) => [cost.operator, String(round(cost.calls)), ...numbers(cost)]);
  const byNode = nodes
    .slice(0, top)
    .map((cost) => [
      cost.operator,
      ...numbers(cost),
      `${cost.inputs.slice(0, 2).map(bracketed).join(" ")} -> ${bracketed(cost.output)}`,
      cost.node,
    ]);
  const titles = ["ms", "%", "GFLOP", "GFLOP/s", "% of peak"];
  return [
    profile.work,
    ...head,
    "",
    ...columns(padded([["operator", "calls", ...titles], ...byOperator], 6)),
    ...(byNode.length > 0
      ? [
          "",
          `the ${byNode.length} slowest nodes`,
          ...columns(padded([["operator", ...titles, "shapes", "node"], ...byNode], 5)),
        ]
      : []),
  ].join("\n");
}

function numbers({ ms, share, gflop, gflops, shareOfPeak }: Cost): string[] {
  const arithmetic = gflop > 0 ? [gflop.toFixed(2), gflops.toFixed(0), (100 * shareOfPeak).toFixed(0)] : ["", "", ""];
  return [ms.toFixed(2), (100 * share).toFixed(1), ...arithmetic];
}

/** The rows with columns 1 to `last`, which contain numbers, aligned to the right. */
function padded(rows: readonly (readonly string[])[], last: number): string[][] {
  const widths = Array.from({ length: last + 1 }, (_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) => row.map((cell, i) => (i > 0 && i <= last ? cell.padStart(widths[i] ?? 0) : cell)));
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const round = (calls: number): number => Number(calls.toFixed(1));
