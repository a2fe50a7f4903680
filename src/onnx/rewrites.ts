import { NCHWC } from "./nchwc-weights.js";
import * as attention from "./rewrite-attention.js";
import * as fused from "./rewrite-fused.js";
import {
  ConvInteger,
  DynamicQuantizeMatMul,
  MatMulInteger,
  MatMulIntegerToFloat,
  MatMulNBits,
} from "./rewrite-integers.js";
import * as nchwc from "./rewrite-nchwc.js";
import * as nhwc from "./rewrite-nhwc.js";
import * as normalization from "./rewrite-normalization.js";
import * as quantized from "./rewrite-quantized.js";
import type { Rewrite } from "./rewriting.js";

const { sameAs, ...fusions } = fused;
const { onQuantized, ...onIntegers } = quantized;

const inDomain = (domain: string, rewrites: Readonly<Record<string, Rewrite>>): [string, Rewrite][] =>
  Object.entries(rewrites).map(([op, rewrite]) => [`${domain}::${op}`, rewrite]);

/** Operators that com.microsoft and standard ONNX have under the same name. */
const shared = "DequantizeLinear LayerNormalization QuantizeLinear Trilu Pad GatherND Range Unique".split(" ");

/** Operators on integers whose rules of gradients need floating-point numbers. */
const monotone = "Clip GlobalMaxPool MaxPool Resize".split(" ");

const { QLinearConv, QLinearMatMul } = quantized;
const { SimplifiedLayerNormalization } = normalization;

/** The operators that are replaced when a file is read, by domain and operator ("com.microsoft::FusedConv"). */
export const rewrites: ReadonlyMap<string, Rewrite> = new Map([
  ...inDomain("com.microsoft", {
    ...fusions,
    ...{ FusedMatMul: fused.FusedMatMul, TransposeMatMul: fused.FusedMatMul },
    ...normalization,
    ...attention,
    ...onIntegers,
    ...{ DynamicQuantizeMatMul, MatMulIntegerToFloat, MatMulNBits },
    ...Object.fromEntries(shared.map((op) => [op, sameAs(op)])),
  }),
  ...inDomain(NCHWC, nchwc),
  ...inDomain("com.ms.internal.nhwc", nhwc),
  ...inDomain("", {
    ...{ ConvInteger, MatMulInteger, QLinearConv, QLinearMatMul, SimplifiedLayerNormalization },
    ...Object.fromEntries(monotone.map((op) => [op, onQuantized(op)])),
  }),
]);
