import { mkdir, readdir } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "../metrics/median.js";
import { coreCount } from "../platform/node/core-count.js";
import { withTemporary } from "../platform/node/temporary.js";
import { Session } from "../runtime/session.js";
import { type Cost, type NodeCost, nodeCosts, operatorCosts } from "./costs.js";
import { measurePeak } from "./peak.js";
import { readTrace, type TracedRun } from "./trace.js";
import type { Workload } from "./workload.js";

/** The profile of a workload. Times are milliseconds per run, `gflop` is 10^9 floating-point operations, shares are 0 to 1. */
export interface Profile {
  readonly work: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly threads: number;
    readonly peakGflops: number;
  };
  /** Images per run. */
  readonly images: number;
  /** Measured runs. */
  readonly runs: number;
  /** Median over the runs, without and with the profiler of the runtime. */
  readonly ms: { readonly plain: number; readonly profiled: number };
  readonly gflop: number;
  /** 10^9 floating-point operations per second, without the profiler. */
  readonly gflops: number;
  readonly shareOfPeak: number;
  /** By operator and by node, the slowest first. */
  readonly operators: readonly Cost[];
  readonly nodes: readonly NodeCost[];
  readonly memory: {
    /** Peak memory of the process, including the construction of the graph. */
    readonly peakMib: number;
    /** Memory that the runtime allocated for the tensors of a run. */
    readonly tensorsMib: number;
  };
}

export interface ProfileOptions {
  /** Runs to measure. Default: 10. */
  readonly runs?: number;
  /** Threads of the runtime. Default: as for `SessionOptions`. */
  readonly threads?: number | undefined;
}

/** Runs before the measured ones: the first runs allocate memory and start threads. */
const WARM_UP = 3;

/**
 * Measures a workload without and with the profiler of ONNX Runtime: time, memory and arithmetic by operator and node,
 * compared with the peak performance of the machine.
 * @throws UserError if the runtime cannot run the graph.
 */
export async function profile(work: Workload, options: ProfileOptions = {}): Promise<Profile> {
  const { runs = 10, threads = coreCount() } = options;
  const peakGflops = await measurePeak(threads);
  const plain = median(await timePlain(work, runs, threads));
  const peakMib = process.resourceUsage().maxRSS / 1024;
  const traced = await traceRuns(work, runs, threads);
  const nodes = nodeCosts(traced, work.graph, peakGflops);
  const gflop = nodes.reduce((total, node) => total + node.gflop, 0);
  const gflops = gflop / (plain / 1000);
  return {
    work: work.title,
    machine: { cpu: cpus()[0]?.model ?? "", cores: cpus().length, threads, peakGflops },
    images: work.images,
    runs,
    ms: { plain, profiled: median(traced.map(({ ms }) => ms)) },
    gflop,
    gflops,
    shareOfPeak: gflops / peakGflops,
    operators: operatorCosts(nodes, peakGflops),
    nodes,
    memory: { peakMib, tensorsMib: heldBytes(traced) / 2 ** 20 },
  };
}

async function timePlain({ graph, feeds }: Workload, runs: number, threads: number): Promise<number[]> {
  const session = await Session.create(graph, { threads });
  const ms: number[] = [];
  for (let i = 0; i < WARM_UP + runs; i++) {
    const start = performance.now();
    await session.run(feeds);
    ms.push(performance.now() - start);
  }
  await session.release();
  return ms.slice(WARM_UP);
}

const traceRuns = ({ graph, feeds }: Workload, runs: number, threads: number): Promise<TracedRun[]> =>
  withTemporary(tmpdir(), async (folder) => {
    await mkdir(folder, { mode: 0o700 });
    const session = await Session.create(graph, { threads, trace: join(folder, "trace") });
    for (let i = 0; i < WARM_UP + runs; i++) await session.run(feeds);
    session.endTrace();
    await session.release();
    const [file = ""] = await readdir(folder);
    return (await readTrace(join(folder, file))).slice(WARM_UP);
  });

const heldBytes = (runs: readonly TracedRun[]): number =>
  runs.reduce((most, { nodes }) => nodes.reduce((max, { held }) => Math.max(max, held), most), 0);
