import assert from "node:assert/strict";
import { test } from "node:test";
import { resnetStem } from "../../testing/profiled.js";
import { probe } from "../runtime/probe.js";
import { flopsOf, flopsOfGraph } from "./flops.js";

test("a convolution counts a multiplication and an addition for each weight and output, with groups and strides", () => {
  // ResNet's first layer, 7x7, 3 to 64 channels, stride 2, on 224x224: 118 million products (He et al. 2016).
  const stem = flopsOf(
    "Conv",
    [
      [1, 3, 224, 224],
      [64, 3, 7, 7],
    ],
    [1, 64, 112, 112],
  );
  assert.equal(stem, 2 * 118_013_952);
  // One 3x3 filter for each channel.
  const depthwise = flopsOf(
    "Conv",
    [
      [2, 32, 8, 8],
      [32, 1, 3, 3],
    ],
    [2, 32, 8, 8],
  );
  assert.equal(depthwise, 2 * 2 * 32 * 64 * 9);
});

test("a transposed convolution costs as much as the convolution whose gradient it is", () => {
  const forward = flopsOf(
    "Conv",
    [
      [2, 8, 16, 16],
      [12, 8, 2, 2],
    ],
    [2, 12, 8, 8],
  );
  const back = flopsOf(
    "ConvTranspose",
    [
      [2, 12, 8, 8],
      [12, 8, 2, 2],
    ],
    [2, 8, 16, 16],
  );
  assert.equal(back, forward);
});

test("a product of matrices counts 2·M·K·N operations if either side is transposed, broadcast or a vector", () => {
  assert.equal(
    flopsOf(
      "MatMul",
      [
        [5, 7],
        [7, 3],
      ],
      [5, 3],
    ),
    2 * 5 * 7 * 3,
  );
  assert.equal(
    flopsOf(
      "FusedMatMul",
      [
        [4, 7, 5],
        [4, 7, 3],
      ],
      [4, 5, 3],
    ),
    4 * 2 * 5 * 7 * 3,
  );
  assert.equal(
    flopsOf(
      "MatMul",
      [
        [4, 5, 7],
        [7, 3],
      ],
      [4, 5, 3],
    ),
    4 * 2 * 5 * 7 * 3,
  );
  assert.equal(
    flopsOf(
      "MatMul",
      [
        [5, 7],
        [4, 7, 3],
      ],
      [4, 5, 3],
    ),
    4 * 2 * 5 * 7 * 3,
  );
  assert.equal(flopsOf("MatMul", [[7], [7, 3]], [3]), 2 * 7 * 3);
  assert.equal(flopsOf("MatMul", [[5, 7], [7]], [5]), 2 * 5 * 7);
  assert.equal(flopsOf("MatMul", [[5, 7]], [5, 3]), 2 * 5 * 7 * 3);
  assert.equal(
    flopsOf(
      "Gemm",
      [
        [5, 7],
        [5, 3],
      ],
      [5, 3],
    ),
    2 * 5 * 7 * 3,
    "with the bias alone",
  );
  assert.equal(flopsOf("Gemm", [[7, 5], [3, 7], [3]], [5, 3]), 2 * 5 * 7 * 3);
});

test("other operators are not counted, and a graph costs the sum of its nodes", async () => {
  assert.equal(flopsOf("Add", [[5], [5]], [5]), null);
  const { graph, shapes } = await probe(resnetStem(2));
  assert.equal(flopsOfGraph(graph, shapes), 2 * (2 * 64 * 8 * 8 * 3 * 49 + 2 * 64 * 10));
});
