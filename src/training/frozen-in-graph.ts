import type { FrozenRecognizer, OutputKind } from "../objectives/objective.js";
import type { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { HEAD, LOGITS } from "../recognition/model.js";
import { declareTargets, once, targetNames } from "./label-inputs.js";

/** A recognizer whose input has the size of the training crops. */
export interface WeightedRecognizer {
  /**
   * Input: `image` [batch, 3, crop, crop]. Outputs, all with known shapes: those that the objective reads, which are `logits`
   * or raw heads `head0`, `head1`, …, and the compared features.
   */
  readonly graph: Graph;
  /** Default: scores. */
  readonly kind?: OutputKind;
  /** Factor on its loss. Default: 1. */
  readonly weight?: number;
}

/** A recognizer in the training graph: its weights are added once, its nodes once per image it is applied to. */
export function frozenIn(
  b: GraphBuilder,
  { graph, weight = 1, kind = "scores" }: WeightedRecognizer,
  index: number,
): FrozenRecognizer {
  const prefix = `recognizer${index}/`;
  const weights = Object.fromEntries(
    [...graph.initializers].map(([name, tensor]) => [name, b.initializer(b.unique(prefix + name), tensor)]),
  );
  const withoutWeights = { ...graph, initializers: new Map() };
  const applications = new Map<string, Record<string, string>>();
  const apply = (images: string) => {
    const applied = applications.get(images);
    if (applied) return applied;
    const outputs = b.inline(withoutWeights, { ...weights, image: images }, `${prefix}${applications.size}/`);
    applications.set(images, outputs);
    return outputs;
  };
  const names = graph.outputs.map(({ name }) => name);
  const isOutput = (name: string) => name === LOGITS || name.startsWith(HEAD);
  const valuesOf = (names: readonly string[]) => (images: string) => names.map((name) => apply(images)[name] as string);
  const outputs = names.filter(isOutput);
  const outputShapes = outputs.map((output) => shapeOf(graph, output));
  const [heatmap = []] = outputShapes;
  return {
    weight,
    kind,
    outputShapes,
    outputs: valuesOf(outputs),
    features: valuesOf(names.filter((name) => !isOutput(name))),
    targets: once(() => declareTargets(b, heatmap, targetNames(index))),
  };
}

function shapeOf({ name: title, outputs }: Graph, output: string): number[] {
  const { shape = [] } = outputs.find(({ name }) => name === output) ?? {};
  return shape.map((size) => {
    if (typeof size !== "number") throw new Error(`the shape of "${output}" of ${title} has not been specialized`);
    return size;
  });
}
