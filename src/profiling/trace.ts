import { readFile } from "node:fs/promises";
import { z } from "zod";
import { UserError } from "../errors.js";
import { printable } from "../printable.js";

/** One execution of one operator. */
export interface TracedNode {
  /** The name of the node in the graph that ONNX Runtime optimized. */
  readonly name: string;
  readonly op: string;
  readonly ms: number;
  /** The shapes of the inputs; [] for an input that is missing or not numeric. */
  readonly inputs: readonly (readonly number[])[];
  readonly output: readonly number[];
  /** Bytes that the allocator of the runtime held for tensors. */
  readonly held: number;
}

/** One call of the session. */
export interface TracedRun {
  readonly ms: number;
  readonly nodes: readonly TracedNode[];
}

/** The trace writes shapes as [{"float": [1, 64, 56, 56]}]. */
const Shapes = z.array(z.record(z.string(), z.array(z.number())));

const Events = z.array(
  z.object({
    cat: z.string(),
    name: z.string(),
    /** Microseconds. */
    ts: z.number(),
    dur: z.number(),
    args: z
      .object({
        op_name: z.string().optional(),
        input_type_shape: Shapes.optional(),
        output_type_shape: Shapes.optional(),
        mem_arena_held: z.string().optional(),
      })
      .default({}),
  }),
);
type Event = z.infer<typeof Events>[number];

/**
 * Reads a file of ONNX Runtime's profiler: the calls of the session in order, each with its operators.
 * @throws Error if the file is not such a trace.
 */
export async function readTrace(path: string): Promise<TracedRun[]> {
  const events = Events.parse(parsedTrace(await readFile(path, "utf8")));
  const runs = events.filter(({ cat, name }) => cat === "Session" && name === "model_run").sort((a, b) => a.ts - b.ts);
  const nodes = events.filter(({ cat, name }) => cat === "Node" && name.endsWith(KERNEL));
  return runs.map(({ ts, dur }) => ({
    ms: dur / 1000,
    nodes: nodes.filter((node) => node.ts >= ts && node.ts < ts + dur).map(tracedNode),
  }));
}

/**
 * ONNX Runtime writes names as they are, one event a line. Control characters in them are escaped here.
 * @throws UserError for names with other characters that make the trace no JSON, such as quotes.
 */
export function parsedTrace(text: string): unknown {
  const endsLine = (at: number) => /[[,}\]]$/.test(text.slice(Math.max(0, at - 1), at));
  const escaped = text.replace(/\p{Cc}/gu, (character, at: number) =>
    character === "\n" && endsLine(at) ? character : printable(character),
  );
  try {
    return JSON.parse(escaped);
  } catch {
    throw new UserError(
      "cannot read the trace that ONNX Runtime wrote: names in the model contain quotes or backslashes; rename its nodes",
    );
  }
}

/** The suffix of the profiler for the computation of a node; entries without it measure waiting. */
const KERNEL = "_kernel_time";

function tracedNode({ name, dur, args }: Event): TracedNode {
  const shapesIn = (list: z.infer<typeof Shapes> = []) => list.map((each) => Object.values(each)[0] ?? []);
  return {
    name: name.slice(0, -KERNEL.length),
    op: args.op_name ?? name,
    ms: dur / 1000,
    inputs: shapesIn(args.input_type_shape),
    output: shapesIn(args.output_type_shape)[0] ?? [],
    held: Number(args.mem_arena_held ?? 0),
  };
}
