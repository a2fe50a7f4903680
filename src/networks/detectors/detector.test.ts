import assert from "node:assert/strict";
import { test } from "node:test";
import { patterned } from "../../../testing/patterned.js";
import { float32 } from "../../onnx/tensor.js";
import { Session } from "../../runtime/session.js";
import { buildDetector, detectorNetworks } from "./index.js";

for (const { name } of detectorNetworks)
  test(`${name}: detections are the boxes and probabilities of the raw heads, cell by cell, at any size`, async () => {
    const session = await Session.create(patterned(buildDetector(name, 3, 0)), { threads: 1 });
    const [height, width] = [32, 48];
    const pixels = Float32Array.from({ length: 3 * height * width }, (_, i) => 0.5 + 0.5 * Math.sin(1.7 * i));
    const results = await session.run({ image: float32(pixels, [1, 3, height, width]) });
    await session.release();
    const { detections, heatmap, box } = results;
    assert.deepEqual(
      [detections?.shape, heatmap?.shape, box?.shape],
      [
        [1, 7, 24],
        [1, 3, 4, 6],
        [1, 4, 4, 6],
      ],
    );
    const read = (tensor: typeof box, channel: number, cell: number) => Number(tensor?.data[channel * 24 + cell]);
    for (const cell of [0, 5, 13, 23]) {
      const raw = (channel: number) => read(box, channel, cell);
      const [column, row] = [cell % 6, Math.floor(cell / 6)];
      const softplus = (x: number) => Math.log1p(Math.exp(x));
      const expected = [
        8 * (column + 0.5 + raw(0)),
        8 * (row + 0.5 + raw(1)),
        8 * softplus(raw(2)),
        8 * softplus(raw(3)),
        ...[0, 1, 2].map((label) => 1 / (1 + Math.exp(-read(heatmap, label, cell)))),
      ];
      for (const [i, value] of expected.entries())
        assert.ok(Math.abs(read(detections, i, cell) - value) < 1e-4 * Math.max(1, Math.abs(value)), `${cell}, ${i}`);
    }
  });

test("at first every cell has the probability 0.1 and a box of 16 pixels, about", async () => {
  const session = await Session.create(buildDetector("grid", 3, 0), { threads: 1 });
  const { detections } = await session.run({ image: float32(new Float32Array(3 * 32 * 32).fill(0.5), [1, 3, 32, 32]) });
  await session.release();
  const values = detections?.data as Float32Array;
  const row = (channel: number) => [...values.subarray(channel * 16, (channel + 1) * 16)];
  for (const value of [...row(2), ...row(3)]) assert.ok(Math.abs(value - 16) < 3, `side ${value}`);
  for (const value of row(4)) assert.ok(Math.abs(value - 0.1) < 0.05, `probability ${value}`);
});

test("an unknown detector network is refused with the valid names", () => {
  assert.throws(
    () => buildDetector("yolo", 3, 0),
    /cannot build detector "yolo": unknown network; give one of grid, grid-m/,
  );
});
