import { float, type GraphBuilder } from "./builder.js";
import { type Attribute, attribute, type Node } from "./graph.js";

/** Attributes of the activation that a fused node applies. */
type Activation = Readonly<Record<string, Attribute>>;

/** The names of the numbers in `activation_params`, in the order of ONNX Runtime. */
const parameters: Readonly<Record<string, readonly string[]>> = {
  LeakyRelu: ["alpha"],
  HardSigmoid: ["alpha", "beta"],
  Clip: ["min", "max"],
  Elu: ["alpha"],
};

/** Activations without parameters. */
const plain = new Set(["Relu", "Sigmoid", "Tanh", "Softplus", "Softsign", "HardSwish", "Mish", "Gelu"]);
/** Activations whose numbers are attributes of the standard operator. */
const parametric = new Set(["LeakyRelu", "HardSigmoid", "Elu", "Selu", "ThresholdedRelu", "Celu"]);

/** The activation of a fused node, applied to y; null if it is not known. */
export function activated(b: GraphBuilder, y: string, node: Node): string | null {
  const name = attribute(node, "activation", "string", "");
  if (name === "") return y;
  const numbers = activationNumbers(node, name);
  if (name === "Clip") return clipped(b, y, numbers);
  if (plain.has(name)) return b.add(name, [y]);
  return parametric.has(name) ? b.add(name, [y], { ...numbers }) : null;
}

/** FusedConv has a list `activation_params`, FusedGemm an attribute for each number, such as `activation_alpha`. */
function activationNumbers(node: Node, name: string): Activation {
  const list = attribute(node, "activation_params", "floats", []);
  const listed = (parameters[name] ?? []).flatMap((key, i) => {
    const value = list[i];
    return value === undefined ? [] : [[key, float(value)] as const];
  });
  const single = Object.entries(node.attributes).flatMap(([key, a]) =>
    /^activation_(alpha|beta|gamma)$/.test(key) ? [[key.slice("activation_".length), a] as const] : [],
  );
  return Object.fromEntries([...listed, ...single]);
}

function clipped(b: GraphBuilder, y: string, { min, max }: Activation): string {
  const bound = (a: Attribute | undefined) => (a?.kind === "float" ? b.scalar(a.value) : "");
  return b.add("Clip", [y, bound(min), bound(max)]);
}

/** The attributes of a fused node that its standard operator has: those that do not concern the activation. */
export const withoutActivation = (node: Node): Record<string, Attribute> =>
  Object.fromEntries(Object.entries(node.attributes).filter(([key]) => !key.startsWith("activation")));
