import { noGradient, type Rule, rounding } from "../rule.js";
import * as activation from "./activation.js";
import * as attention from "./attention.js";
import * as conv from "./conv.js";
import * as einsum from "./einsum.js";
import * as elementwise from "./elementwise.js";
import * as gridSample from "./grid-sample.js";
import { Gather, GatherElements, GatherND, OneHot, Range, ScatterElements, ScatterND, TopK } from "./indexing.js";
import * as linear from "./linear.js";
import * as loss from "./loss.js";
import { MaxPool } from "./max-pool.js";
import * as normalization from "./normalization.js";
import * as pool from "./pool.js";
import * as quantization from "./quantization.js";
import { CenterCropPad, Col2Im, Compress, MaxUnpool, ReverseSequence } from "./rearranging.js";
import * as reduce from "./reduce.js";
import { RoiAlign } from "./regions.js";
import * as resize from "./resize.js";
import * as shape from "./shape.js";
import * as softmax from "./softmax.js";
import { DFT, STFT } from "./spectrum.js";

/** Operators whose outputs are piecewise constant in every input. */
const comparisons = "ArgMax ArgMin Equal Greater GreaterOrEqual Less LessOrEqual IsNaN IsInf Hardmax NonMaxSuppression";
const logic = "Not And Or Xor BitShift BitwiseAnd BitwiseOr BitwiseXor BitwiseNot";
const integers = "Sign NonZero Shape Size ConstantOfShape EyeLike";
/** Operators that read sizes only, or whose outputs are random. */
const generators =
  "BlackmanWindow HammingWindow HannWindow MelWeightMatrix Bernoulli Multinomial RandomNormalLike RandomUniformLike";
const flat = `${comparisons} ${logic} ${integers} ${generators}`.split(" ");

/** The gradient rule of every operator that has one, by the operator's name. */
export const rules: Readonly<Record<string, Rule>> = {
  ...activation,
  ...attention,
  ...conv,
  ...einsum,
  ...elementwise,
  ...gridSample,
  ...{ Gather, GatherElements, GatherND, OneHot, Range, ScatterElements, ScatterND, TopK },
  ...linear,
  ...loss,
  ...normalization,
  ...{ Floor: rounding, Ceil: rounding, Round: rounding },
  MaxPool,
  ...pool,
  ...quantization,
  ...{ CenterCropPad, Col2Im, Compress, MaxUnpool, ReverseSequence },
  ...reduce,
  ...resize,
  RoiAlign,
  ...shape,
  ...softmax,
  ...{ DFT, STFT },
  ...Object.fromEntries(flat.map((op) => [op, noGradient])),
};
