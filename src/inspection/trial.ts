import { messageOf } from "../errors.js";
import { type Graph, specialize, withOutputs } from "../onnx/graph.js";
import { arrayOf, sizeOf, type Tensor } from "../onnx/tensor.js";
import { inferShapes, type Probe, probe } from "../runtime/probe.js";
import { Session } from "../runtime/session.js";
import { running } from "./running.js";
import { chooseSizes, type SizeOptions, type Sizes } from "./sizes.js";

/** A trial run of a model. */
export interface Trial {
  readonly probed: Probe;
  readonly sizes: Sizes;
  /** Why the model does not run on any trial input; then the shapes are those that ONNX Runtime infers, if any. Null if it runs. */
  readonly failure: string | null;
}

/** Sizes of dynamic dimensions that are not those of images: batches and short texts; then sequences; a second of audio. */
const OPEN_SIZES = [1, 16, 128, 16000];

/**
 * Runs a model on zeros, then on ones and with larger sizes, until one works. The sizes of images are as `chooseSizes` chooses
 * them.
 * @param values the values of the graph that are examined.
 * @throws UserError when a size was set and the model does not run with it, or ONNX Runtime cannot load the model.
 */
export async function tryModel(graph: Graph, values: readonly string[], options: SizeOptions): Promise<Trial> {
  const bound = ({ shapes }: Sizes) => withOutputs(specialize(graph, shapes), values);
  const first = chooseSizes(graph, options);
  let failure: unknown;
  for (const [size, fill] of [[1, 0] as const, ...OPEN_SIZES.map((open) => [open, 1] as const)]) {
    const sizes = chooseSizes(graph, options, size);
    if (size !== 1 && Object.values(sizes.chosen).join() === Object.values(first.chosen).join()) break;
    try {
      const inputs = fill === 0 ? {} : filled(graph, sizes, fill);
      return { probed: await running(graph, () => probe(bound(sizes), { inputs }), hint(sizes)), sizes, failure: null };
    } catch (error) {
      failure ??= error;
    }
  }
  if (options.inputSize !== undefined) throw failure;
  const probed = await inferShapes(bound(first)).catch(async () => {
    await (await Session.create(graph)).release(); // throws if ONNX Runtime cannot load it
    return { graph, shapes: new Map() };
  });
  return { probed, sizes: first, failure: `the model could not be tried: ${messageOf(failure)}` };
}

const hint = (sizes: Sizes): string =>
  sizes.anySide ? ` (tried with ${assigned(sizes)}; \`inputSize\` sets another side)` : "";

/** "N = 1, H = 224" */
export const assigned = ({ chosen }: Sizes): string =>
  Object.entries(chosen)
    .map(([symbol, size]) => `${symbol} = ${size}`)
    .join(", ");

/** Inputs of one value. */
function filled({ inputs }: Graph, { shapes }: Sizes, value: number): Record<string, Tensor> {
  const entries = inputs.flatMap(({ name, type = "float32" }) => {
    if (!(type in arrayOf) || type.endsWith("float16")) return [];
    const shape = shapes[name] ?? [];
    const data = new arrayOf[type as keyof typeof arrayOf](sizeOf(shape));
    return [
      [name, { type, shape, data: data.fill((type.endsWith("int64") ? BigInt(value) : value) as never) }] as const,
    ];
  });
  return Object.fromEntries(entries);
}
