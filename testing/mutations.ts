import {
  type AttributeMessage,
  type GraphMessage,
  ModelMessage,
  type ModelMessageShape,
  type NodeMessage,
  type TensorMessage,
} from "../src/onnx/schema.js";
import { type Random, randomAt } from "../src/random.js";
import { byteEdits, pick } from "./byte-mutations.js";

/** A corrupted ONNX file made from one of `models`. It depends only on the models, the seed and the index. */
export function mutated(models: readonly Uint8Array[], seed: number, index: number): Uint8Array {
  const random = randomAt(seed, index);
  const model = pick(random, models);
  const editsBytes = random.uniform() < 0.4;
  let bytes = model;
  for (let left = random.uniform() < 0.6 ? 1 : 2 + random.integer(2); left > 0; left--)
    bytes = editsBytes ? pick(random, byteEdits)(bytes, random) : edited(bytes, random);
  return bytes;
}

/** The file after one edit of its protobuf message; unchanged if it cannot be decoded or encoded. */
function edited(bytes: Uint8Array, random: Random): Uint8Array {
  try {
    const message = ModelMessage.decode(bytes) as unknown as ModelMessageShape;
    pick(random, messageEdits)(message, random);
    return ModelMessage.encode(message as object).finish();
  } catch {
    return bytes;
  }
}

type MessageEdit = (message: ModelMessageShape, random: Random) => void;

const emptyNode: NodeMessage = { opType: "Identity", input: [], output: [], attribute: [] };
const anyNode = ({ graph, functions }: ModelMessageShape, random: Random): NodeMessage =>
  pick(random, [...(graph?.node ?? []), ...functions.flatMap(({ node }) => node)]) ?? emptyNode;
const anyTensor = ({ graph }: ModelMessageShape, random: Random): TensorMessage | undefined =>
  pick(random, [
    ...(graph?.initializer ?? []),
    ...(graph?.node ?? []).flatMap(({ attribute }) => attribute.flatMap(({ t }) => t ?? [])),
  ]);
const anyAttribute = (message: ModelMessageShape, random: Random): AttributeMessage | undefined =>
  pick(
    random,
    (message.graph?.node ?? []).flatMap(({ attribute }) => attribute),
  );
const anyName = ({ graph }: ModelMessageShape, random: Random): string =>
  pick(random, [
    "nowhere",
    "__proto__",
    "constructor",
    "",
    ...(graph?.input ?? []).map(({ name }) => name),
    ...(graph?.node ?? []).flatMap(({ output }) => output),
  ]);

const extremes = [0, -1, 1, 2, 3, 7, 2 ** 20, 2 ** 31, 2 ** 40, -(2 ** 40), Number.MAX_SAFE_INTEGER];
/** Sizes that are invalid or too large to allocate on any machine. */
const impossible = [0, -1, 2, 2 ** 40, 2 ** 52];
const unary = ["Relu", "Sigmoid", "Exp", "Tanh", "Identity", "Neg", "Softmax", "Flatten", "Shape", "GlobalMaxPool"];
const operators = ["Conv", "Constant", "If", "Loop", "Resize", "Split", "Softmax", "Concat", "Pad", "Slice", "TopK"];
const oddOperators = ["Upsample", "GroupNormalization", "Dropout", "Scan", "constructor", "__proto__", "Own", ""];

const replaceOne = <T>(values: T[], random: Random, value: T): void => {
  if (values.length > 0) values[random.integer(values.length)] = value;
};

/** The graph nested in itself, `depth` levels deep. */
function nested(graph: GraphMessage, depth: number): GraphMessage {
  let inner = graph;
  for (let i = 0; i < depth; i++) {
    const attribute = [{ name: "then_branch", type: 5, g: inner }];
    inner = {
      ...graph,
      node: [...graph.node, { ...emptyNode, opType: "If", input: ["x"], output: [`n${i}`], attribute }],
    };
  }
  return inner;
}

const messageEdits: readonly MessageEdit[] = [
  (message, random) => replaceOne(anyTensor(message, random)?.dims ?? [], random, pick(random, extremes)),
  (message, random) => anyTensor(message, random)?.dims.push(pick(random, extremes)),
  ({ graph }, random) => {
    const shape = pick(random, graph?.input ?? [])?.type?.tensorType?.shape;
    replaceOne(shape?.dim ?? [], random, { dimValue: pick(random, extremes) });
  },
  (message, random) => replaceOne(anyNode(message, random).input, random, anyName(message, random)),
  (message, random) => replaceOne(anyNode(message, random).output, random, anyName(message, random)),
  (message, random) => {
    const node = anyNode(message, random);
    replaceOne(node.input, random, node.output[0] ?? "");
  },
  (message, random) => {
    const node = anyNode(message, random);
    Object.assign(node, { opType: pick(random, unary), attribute: [], input: node.input.slice(0, 1) });
  },
  (message, random) => {
    const attribute = anyAttribute(message, random);
    if (attribute) Object.assign(attribute, { i: random.integer(8) - 3 });
    replaceOne(attribute?.ints ?? [], random, random.integer(8) - 3);
  },
  (message, random) => {
    const tensor = anyTensor(message, random);
    if (tensor?.dataType !== 7 || !tensor.rawData?.length) return;
    const values = new BigInt64Array(Uint8Array.from(tensor.rawData).buffer);
    values[random.integer(values.length)] = BigInt(pick(random, impossible));
    tensor.rawData = new Uint8Array(values.buffer);
  },
  (message, random) => void anyNode(message, random).input.pop(),
  (message, random) => void anyNode(message, random).output.push(anyName(message, random)),
  (message, random) => {
    anyNode(message, random).opType = pick(random, [...operators, ...oddOperators]);
  },
  (message, random) => {
    anyNode(message, random).domain = pick(random, ["ai.onnx", "com.microsoft", "own", "__proto__"]);
  },
  (message, random) => {
    const attribute = anyAttribute(message, random);
    if (attribute) attribute.type = random.integer(16);
  },
  (message, random) => {
    const attribute = anyAttribute(message, random);
    if (attribute)
      Object.assign(attribute, { i: pick(random, extremes), ints: [pick(random, extremes)], f: Number.NaN });
  },
  (message, random) => {
    const attribute = anyAttribute(message, random);
    if (attribute) attribute.name = pick(random, ["axes", "axis", "pads", "__proto__", "to", "value", "scales", "k"]);
  },
  (message, random) => {
    const tensor = anyTensor(message, random);
    if (tensor) tensor.dataType = random.integer(24);
  },
  (message, random) => {
    const tensor = anyTensor(message, random);
    if (tensor) Object.assign(tensor, { dataLocation: 1, externalData: [{ key: "location", value: "weights" }] });
  },
  (message, random) => {
    const tensor = anyTensor(message, random);
    if (tensor) tensor.name = anyName(message, random);
  },
  ({ graph }, random) => void graph?.node.push(structuredClone(pick(random, graph.node))),
  ({ graph }, random) => void graph?.node.splice(random.integer(graph.node.length), 1),
  ({ graph }, random) => void graph?.initializer.splice(random.integer(graph.initializer.length), 1),
  ({ graph }) => void graph?.node.reverse(),
  ({ graph }, random) => {
    const output = pick(random, graph?.output ?? []);
    if (output) output.name = pick(random, ["nowhere", "x", "", ...(graph?.node ?? []).flatMap((node) => node.output)]);
  },
  ({ opsetImport }, random) => {
    const found = opsetImport[0];
    if (found) found.version = pick(random, [...extremes, 6, 9, 10, 11, 12, 17, 20, 26]);
  },
  (message, random) => {
    if (message.graph) message.graph = nested(message.graph, pick(random, [1, 2, 20, 90]));
  },
  (message, random) => {
    const { node } = message.graph ?? { node: [] };
    const calls = { ...emptyNode, opType: "Own", domain: "own", input: ["a"], output: ["b"] };
    const own = { name: "Own", domain: "own", input: ["a"], output: ["b"], opsetImport: [{ domain: "", version: 21 }] };
    message.functions.push({ ...own, node: [calls], attributeProto: [] });
    Object.assign(pick(random, node) ?? {}, { opType: "Own", domain: "own" });
  },
];
