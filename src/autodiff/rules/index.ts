import { noGradient, type Rule } from "../rule.js";
import * as activation from "./activation.js";
import * as conv from "./conv.js";
import * as elementwise from "./elementwise.js";
import * as linear from "./linear.js";
import * as normalization from "./normalization.js";
import * as pool from "./pool.js";
import * as reduce from "./reduce.js";
import * as resize from "./resize.js";
import * as shape from "./shape.js";
import * as softmax from "./softmax.js";

/** Operators whose outputs do not change with small changes of their inputs. */
const flat = ["ArgMax", "ArgMin", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "And", "Or"];
const discrete = ["Shape", "Size", "Floor", "Ceil", "Round", "Sign", "NonZero", "ConstantOfShape"];

/** The gradient rule of every operator that has one, by the operator's name. */
export const rules: Readonly<Record<string, Rule>> = {
  ...activation,
  ...conv,
  ...elementwise,
  ...linear,
  ...normalization,
  ...pool,
  ...reduce,
  ...resize,
  ...shape,
  ...softmax,
  ...Object.fromEntries([...flat, ...discrete].map((op) => [op, noGradient])),
};
