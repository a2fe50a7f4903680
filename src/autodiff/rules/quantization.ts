import { cannotDifferentiate, intOf, type Rule, type RuleContext, range } from "../rule.js";

/** The range of whole numbers that each quantized type holds. */
const ranges: Readonly<Record<string, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

/** A scale or zero point as float32 that broadcasts against x: it is one number, or one for each place of an axis. */
function alongAxisOf({ b, node, inputs, shape }: RuleContext, value: string): string {
  const [x, own] = [shape(inputs[0]), shape(value)];
  const number = b.Cast(value, "float32");
  if (own.length === 0 || (own.length === 1 && own[0] === 1)) return b.Reshape(number, []);
  if (own.length > 1) throw cannotDifferentiate(node.op, node.name, "it is quantized in blocks");
  const axis = intOf(node, "axis", 1);
  const from = axis < 0 ? axis + x.length : axis;
  return b.Reshape(
    number,
    range(x.length).map((a) => (a === from ? -1 : 1)),
  );
}

/**
 * y = saturate(round(x / scale) + zero). Rounding is flat almost everywhere, so its gradient is taken to be that of the
 * identity where x lies in the range of the type, and 0 outside (straight-through estimator, Bengio et al. 2013;
 * Jacob et al. 2018, sec. 3). Between quantization and dequantization d loss / d y is a float although y is whole.
 */
export const QuantizeLinear: Rule = (context) => {
  const { b, node, inputs, grads, known } = context;
  const [x, scale, zero] = inputs;
  const s = alongAxisOf(context, scale);
  const type = zero ? known(zero)?.type : "uint8";
  const bounds = ranges[type ?? ""];
  if (!bounds)
    throw cannotDifferentiate(node.op, node.name, `the range of the type "${type ?? "unknown"}" is not known`);
  const ratio = b.Div(x, s);
  const position = zero ? b.Add(ratio, alongAxisOf(context, zero)) : ratio;
  const inside = b.And(
    b.GreaterOrEqual(position, b.scalar(bounds[0] - 0.5)),
    b.LessOrEqual(position, b.scalar(bounds[1] + 0.5)),
  );
  return [b.masked(b.Div(grads[0], s), inside)];
};

/** y = (x - zero)·scale. dx = dy·scale; the scale and the zero point are constants of the model. */
export const DequantizeLinear: Rule = (context) => [
  context.b.Mul(context.grads[0], alongAxisOf(context, context.inputs[1])),
];
