import assert from "node:assert/strict";
import { test } from "node:test";
import { runtimeReason } from "./reason.js";

test("what ONNX Runtime reports is cleared of places in its source and of the conditions there", () => {
  const node = "Non-zero status code returned while running Clip node. Name:'c' Status Message: ";
  const reports: Readonly<Record<string, string>> = {
    "/src/cpu/math/clip.cc:107 void ort::Clip::ComputeImpl<T>::operator()(const ort::Tensor*, ort::ThreadPool*) const [with T = float] min->Shape().IsScalar() was false. min should be a scalar.":
      "min should be a scalar.",
    "/src/framework/bfc_arena.cc:360 void* ort::BFCArena::AllocateRawInternal(size_t, bool, ort::Stream*) Failed to allocate memory":
      "Failed to allocate memory",
    "pool.cc:226 Compute Input dimension cannot be less than 3.": "Input dimension cannot be less than 3.",
    "Input channels C is not equal to kernel channels * group.\n C: 7":
      "Input channels C is not equal to kernel channels * group. C: 7",
  };
  for (const [report, reason] of Object.entries(reports))
    assert.equal(runtimeReason(new Error(node + report)), node + reason);
});
