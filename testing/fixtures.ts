import { readFileSync } from "node:fs";
import type { Tensor } from "../src/onnx/tensor.js";
import { sharedPath } from "./shared.js";

/** An entry for a network in the index of reference gradients; see ../shared/reference/README.md. */
export interface NetFixture {
  name: string;
  onnx: string;
  tensors: string;
  loss_kind: "mean_cross_entropy" | "mean_cross_entropy_per_pixel" | "mean_squared_error";
  ops: string[];
  input_shape: number[];
  output_shape: number[];
  param_grad_total_norm?: number;
  param_grad_zero?: string[];
  noise_floor: { grad_input: number; param_grad?: Record<string, number>; loss: number };
}

/** An entry for an operator in the index of reference gradients. */
export interface OpFixture {
  name: string;
  onnx: string;
  tensors: string;
  ops: string[];
  wrt: { name: string; source: "input" | "initializer" }[];
  zero_grad?: string[];
  noise_floor: Record<string, number>;
}

/** The index of reference gradients, which PyTorch computed. */
export const gradientFixtures = (): { nets: NetFixture[]; ops: OpFixture[] } =>
  JSON.parse(readFileSync(fixturePath("index.json"), "utf8"));

export const fixturePath = (file: string): string => sharedPath("reference", "autodiff", file);

/** ‖got - reference‖₂ / ‖reference‖₂, accumulated in float64. */
export function relativeL2(got: Tensor, reference: Tensor): number {
  if (got.data.length !== reference.data.length) return Number.POSITIVE_INFINITY;
  let [error, norm] = [0, 0];
  for (let i = 0; i < reference.data.length; i++) {
    const [g, r] = [Number(got.data[i]), Number(reference.data[i])];
    error += (g - r) ** 2;
    norm += r ** 2;
  }
  return Math.sqrt(error) / Math.sqrt(norm || 1);
}

/** ‖x‖₂, accumulated in float64. */
export const norm = ({ data }: Tensor): number =>
  Math.sqrt(Array.from<number | bigint, number>(data, Number).reduce((sum, v) => sum + v * v, 0));
