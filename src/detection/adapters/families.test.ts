import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type DetectorSpec, randomHead, randomRows, SIDE, writeDetector } from "../../../testing/detector-files.js";
import { formulaImage } from "../../../testing/images.js";
import { planesOf } from "../../images/planar.js";
import type { FoundBox } from "../../metrics/detection/boxes.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import { float32, int64, toNumbers } from "../../onnx/tensor.js";
import { Session } from "../../runtime/session.js";
import { openDetector } from "../detector.js";

/* The decodes here follow each family's published formula for one box, on the outputs of ONNX Runtime. */

const [W, H] = [SIDE, SIDE];
const image = formulaImage(W, H);
const σ = (x: number): number => 1 / (1 + Math.exp(-x));

/** [class, score, left, top, right, bottom] in pixels. */
type Row = readonly [number, number, number, number, number, number];
/** The values of an output as nested indices: `at(box, number)`. */
type Values = (...index: readonly number[]) => number;

interface Family extends DetectorSpec {
  readonly title: string;
  readonly adapter: string;
  /** Every box with every class, scores of any height. */
  expected(outputs: Readonly<Record<string, Values>>): readonly Row[];
}

/** A box from its center and size. */
const centered = (cx: number, cy: number, w: number, h: number) =>
  [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2] as const;

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Rows with numbers that are probabilities from the fifth on, and boxes in this unit before. */
const yoloRows = (b: GraphBuilder, x: string, numbers: number, unit: number): string => {
  const probabilities = b.Sigmoid(randomRows(b, x, numbers, 8));
  const scale = range(numbers).map((i) => (i < 4 ? unit : 1));
  return b.Mul(probabilities, b.constant(float32(scale, [1, 1, numbers])));
};

const priors = range(16).map(
  (i) => [((i % 4) + 0.5) / 4, (Math.floor(i / 4) + 0.5) / 4, 0.2 + 0.02 * i, 0.5 - 0.02 * i] as const,
);
const anchorSizes = [
  [6, 10],
  [14, 9],
  [20, 22],
] as const;

const families: readonly Family[] = [
  {
    title: "YOLOv5: [N, M, 5 + C] in pixels, score = objectness · class",
    adapter: "grid",
    build: (b, x) => ({ output0: yoloRows(b, x, 8, SIDE) }),
    expected: ({ output0: at = () => 0 }) =>
      range(16).flatMap((m) =>
        range(3).map(
          (c): Row => [
            c,
            at(0, m, 4) * at(0, m, 5 + c),
            ...centered(at(0, m, 0), at(0, m, 1), at(0, m, 2), at(0, m, 3)),
          ],
        ),
      ),
  },
  {
    title: "YOLOv3 decoded: [N, M, 5 + C] in fractions of the input",
    adapter: "grid",
    build: (b, x) => ({ detections: yoloRows(b, x, 8, 1) }),
    expected: ({ detections: at = () => 0 }) =>
      range(16).flatMap((m) =>
        range(3).map(
          (c): Row => [
            c,
            at(0, m, 4) * at(0, m, 5 + c),
            ...centered(W * at(0, m, 0), H * at(0, m, 1), W * at(0, m, 2), H * at(0, m, 3)),
          ],
        ),
      ),
  },
  {
    title: "YOLOv8: [N, 4 + C, M], no objectness",
    adapter: "grid",
    sidecar: { input: {}, classes: ["a", "b", "c"] },
    build: (b, x) => ({ output0: b.Transpose(yoloRows(b, x, 7, SIDE), [0, 2, 1]) }),
    expected: ({ output0: at = () => 0 }) =>
      range(16).flatMap((m) =>
        range(3).map((c): Row => [c, at(0, 4 + c, m), ...centered(at(0, 0, m), at(0, 1, m), at(0, 2, m), at(0, 3, m))]),
      ),
  },
  {
    title: "YOLOX: cells of strides 8, 16 and 32, sizes as logarithms",
    adapter: "grid",
    build: (b, x) => {
      const levels = [8, 16, 32].map((stride, i) => {
        const rows = randomRows(b, x, 7, stride, i);
        return b.Concat([b.Slice(rows, [2], [0], [4]), b.Sigmoid(b.Slice(rows, [2], [4], [7]))], 2);
      });
      return { output: b.Concat(levels, 1) };
    },
    expected: ({ output: at = () => 0 }) =>
      [8, 16, 32].flatMap((stride, level) => {
        const first = [0, 16, 20][level] as number;
        return range((SIDE / stride) ** 2).flatMap((cell) => {
          const [gx, gy, m] = [cell % (SIDE / stride), Math.floor(cell / (SIDE / stride)), first + cell];
          const box = centered(
            (at(0, m, 0) + gx) * stride,
            (at(0, m, 1) + gy) * stride,
            Math.exp(at(0, m, 2)) * stride,
            Math.exp(at(0, m, 3)) * stride,
          );
          return range(2).map((c): Row => [c, at(0, m, 4) * at(0, m, 5 + c), ...box]);
        });
      }),
  },
  ...([false, true] as const).map(
    (last): Family => ({
      title: `YOLOv4 raw heads with anchors and scale_x_y, ${last ? "[N, H, W, A(5 + C)]" : "[N, A(5 + C), H, W]"}`,
      adapter: "anchors",
      sidecar: {
        input: {},
        ...(last && { classes: ["a", "b"] }),
        heads: [{ output: "head", stride: 8, anchors_px: anchorSizes, scale_x_y: 1.1 }],
      },
      build: (b, x) => {
        const head = randomHead(b, x, 21, 8);
        return { head: last ? b.Transpose(head, [0, 2, 3, 1]) : head };
      },
      expected: ({ head = () => 0 }) =>
        anchorSizes.flatMap(([aw, ah], a) =>
          range(16).flatMap((cell) => {
            const [gx, gy] = [cell % 4, Math.floor(cell / 4)];
            const t = (i: number) => (last ? head(0, gy, gx, a * 7 + i) : head(0, a * 7 + i, gy, gx));
            const center = (i: number) => 1.1 * σ(t(i)) - 0.05;
            const box = centered((center(0) + gx) * 8, (center(1) + gy) * 8, Math.exp(t(2)) * aw, Math.exp(t(3)) * ah);
            return range(2).map((c): Row => [c, σ(t(4)) * σ(t(5 + c)), ...box]);
          }),
        ),
    }),
  ),
  {
    title: "YOLOv5 raw heads: [N, A, H, W, 5 + C] of two levels",
    adapter: "anchors",
    sidecar: { input: {}, detector: { anchors: [anchorSizes, anchorSizes.slice(0, 1)] } },
    build: (b, x) => ({
      fine: b.Transpose(b.Reshape(randomHead(b, x, 21, 8), [1, 3, 7, 4, 4]), [0, 1, 3, 4, 2]),
      coarse: b.Transpose(b.Reshape(randomHead(b, x, 7, 16), [1, 1, 7, 2, 2]), [0, 1, 3, 4, 2]),
    }),
    expected: ({ fine = () => 0, coarse = () => 0 }) =>
      (
        [
          [fine, 8, 3],
          [coarse, 16, 1],
        ] as const
      ).flatMap(([at, stride, anchors]) =>
        range(anchors).flatMap((a) =>
          range((SIDE / stride) ** 2).flatMap((cell) => {
            const [gx, gy] = [cell % (SIDE / stride), Math.floor(cell / (SIDE / stride))];
            const t = (i: number) => σ(at(0, a, gy, gx, i));
            const [aw, ah] = anchorSizes[a] as readonly [number, number];
            const box = centered(
              (2 * t(0) - 0.5 + gx) * stride,
              (2 * t(1) - 0.5 + gy) * stride,
              (2 * t(2)) ** 2 * aw,
              (2 * t(3)) ** 2 * ah,
            );
            return range(2).map((c): Row => [c, t(4) * t(5 + c), ...box]);
          }),
        ),
      ),
  },
  {
    title: "YOLOv10: [N, K, 6] corners, score, class",
    adapter: "rows",
    build: (b, x) => ({ output0: endToEnd(b, x) }),
    expected: ({ output0: at = () => 0 }) =>
      range(16).map((k): Row => [at(0, k, 5), at(0, k, 4), at(0, k, 0), at(0, k, 1), at(0, k, 2), at(0, k, 3)]),
  },
  {
    title: "YOLOv7 with NMS: [K, 7] image, corners, class, score",
    adapter: "rows",
    build: (b, x) => {
      const rows = b.Reshape(endToEnd(b, x), [16, 6]);
      const image = b.constant(float32(new Float32Array(16), [16, 1]));
      return { output: b.Concat([image, b.Gather(rows, b.integers([0, 1, 2, 3, 5, 4]), 1)], 1) };
    },
    expected: ({ output: at = () => 0 }) =>
      range(16).map((k): Row => [at(k, 5), at(k, 6), at(k, 1), at(k, 2), at(k, 3), at(k, 4)]),
  },
  {
    title: "EfficientNMS: num_dets, det_boxes, det_scores, det_classes; rows beyond the count are no boxes",
    adapter: "selected",
    build: (b, x) => {
      const rows = endToEnd(b, x);
      return {
        num_dets: b.constant({ ...int64([11], [1, 1]), type: "int64" }),
        det_boxes: b.Slice(rows, [2], [0], [4]),
        det_scores: b.Reshape(b.Slice(rows, [2], [4], [5]), [1, 16]),
        det_classes: b.Cast(b.Reshape(b.Slice(rows, [2], [5], [6]), [1, 16]), "int64"),
      };
    },
    expected: ({ det_boxes: at = () => 0, det_scores: scores = () => 0, det_classes: classes = () => 0 }) =>
      range(11).map((k): Row => [classes(0, k), scores(0, k), at(0, k, 0), at(0, k, 1), at(0, k, 2), at(0, k, 3)]),
  },
  {
    title: "SSD: offsets from priors with variances, softmax with the background first",
    adapter: "boxes-and-scores",
    sidecar: { input: {}, detector: { priors } },
    build: (b, x) => ({ loc: randomRows(b, x, 4, 8, 5), conf: randomRows(b, x, 4, 8, 6) }),
    expected: ({ loc = () => 0, conf = () => 0 }) =>
      priors.flatMap(([px, py, pw, ph], m) => {
        const box = centered(
          W * (px + loc(0, m, 0) * 0.1 * pw),
          H * (py + loc(0, m, 1) * 0.1 * ph),
          W * pw * Math.exp(loc(0, m, 2) * 0.2),
          H * ph * Math.exp(loc(0, m, 3) * 0.2),
        );
        const sum = range(4).reduce((total, c) => total + Math.exp(conf(0, m, c)), 0);
        return range(3).map((c): Row => [c, Math.exp(conf(0, m, c + 1)) / sum, ...box]);
      }),
  },
  {
    title: "SSD decoded: corners in fractions, probabilities that sum to 1 have a background",
    adapter: "boxes-and-scores",
    build: (b, x) => ({ boxes: corners(b, x, 1), scores: b.Softmax(randomRows(b, x, 4, 8, 6), 2) }),
    expected: ({ boxes = () => 0, scores = () => 0 }) =>
      range(16).flatMap((m) =>
        range(3).map(
          (c): Row => [
            c,
            scores(0, m, c + 1),
            W * boxes(0, m, 0),
            H * boxes(0, m, 1),
            W * boxes(0, m, 2),
            H * boxes(0, m, 3),
          ],
        ),
      ),
  },
  {
    title: "RetinaNet decoded: corners in pixels, a sigmoid for each class, no background",
    adapter: "boxes-and-scores",
    build: (b, x) => ({ boxes: corners(b, x, SIDE), scores: b.Sigmoid(randomRows(b, x, 3, 8, 6)) }),
    expected: ({ boxes = () => 0, scores = () => 0 }) =>
      range(16).flatMap((m) =>
        range(3).map((c): Row => [c, scores(0, m, c), boxes(0, m, 0), boxes(0, m, 1), boxes(0, m, 2), boxes(0, m, 3)]),
      ),
  },
  {
    title: "YOLOv3 of the ONNX Model Zoo: boxes y, x, y, x, scores [N, C, M], indices of its own suppression",
    adapter: "boxes-and-scores",
    build: (b, x) => ({
      boxes: b.Gather(corners(b, x, SIDE), b.integers([1, 0, 3, 2]), 2),
      scores: b.Transpose(b.Sigmoid(randomRows(b, x, 3, 8, 6)), [0, 2, 1]),
      indices: b.constant(int64([0, 0, 0], [1, 3])),
    }),
    expected: ({ boxes = () => 0, scores = () => 0 }) =>
      range(16).flatMap((m) =>
        range(3).map((c): Row => [c, scores(0, c, m), boxes(0, m, 1), boxes(0, m, 0), boxes(0, m, 3), boxes(0, m, 2)]),
      ),
  },
  {
    title: "PaddleDetection: [K, 6] class, score, corners",
    adapter: "rows",
    build: (b, x) => ({
      nms: b.Gather(b.Reshape(endToEnd(b, x), [16, 6]), b.integers([5, 4, 0, 1, 2, 3]), 1),
    }),
    expected: ({ nms: at = () => 0 }) =>
      range(16).map((k): Row => [at(k, 0), at(k, 1), at(k, 2), at(k, 3), at(k, 4), at(k, 5)]),
  },
  {
    title: "RetinaNet heads of two levels with the anchors of torchvision's AnchorGenerator",
    adapter: "levels",
    sidecar: {
      input: {},
      detector: {
        anchors: {
          sizes: [
            [9, 13],
            [24, 30],
          ],
          ratios: [0.5, 2],
        },
      },
    },
    build: (b, x) => {
      const small = (name: string, channels: number, stride: number) =>
        b.Mul(randomHead(b, x, channels, stride, name.length), b.scalar(0.3));
      return {
        cls_0: small("cls_0", 8, 8),
        cls_1: small("cls_11", 8, 16),
        box_0: small("box_0000", 16, 8),
        box_1: small("box_11111", 16, 16),
      };
    },
    // Half widths and heights of the anchors, as torchvision 0.28 gives them: cell_anchors of AnchorGenerator(((9, 13),
    // (24, 30)), ((0.5, 2), (0.5, 2))), ratio by ratio.
    expected: (at) =>
      (
        [
          [
            8,
            [
              [6, 3],
              [9, 5],
              [3, 6],
              [5, 9],
            ],
          ],
          [
            16,
            [
              [17, 8],
              [21, 11],
              [8, 17],
              [11, 21],
            ],
          ],
        ] as const
      ).flatMap(([stride, halves], level) => {
        const [cls, box] = [at[`cls_${level}`] as Values, at[`box_${level}`] as Values];
        return range((SIDE / stride) ** 2).flatMap((cell) => {
          const [gx, gy] = [cell % (SIDE / stride), Math.floor(cell / (SIDE / stride))];
          return halves.flatMap(([hw, hh], a) => {
            const t = (i: number) => box(0, 4 * a + i, gy, gx);
            const corners = centered(
              gx * stride + t(0) * 2 * hw,
              gy * stride + t(1) * 2 * hh,
              2 * hw * Math.exp(t(2)),
              2 * hh * Math.exp(t(3)),
            );
            return range(2).map((c): Row => [c, σ(cls(0, 2 * a + c, gy, gx)), ...corners]);
          });
        });
      }),
  },
  {
    title: "DETR: softmax without its last class, the best class of each query",
    adapter: "boxes-and-scores",
    build: (b, x) => ({ logits: randomRows(b, x, 4, 8, 9), pred_boxes: b.Sigmoid(randomRows(b, x, 4, 8, 5)) }),
    expected: ({ logits = () => 0, pred_boxes: at = () => 0 }) =>
      range(16).map((q): Row => {
        const sum = range(4).reduce((total, c) => total + Math.exp(logits(0, q, c)), 0);
        const best = range(3).reduce((a, c) => (logits(0, q, c) > logits(0, q, a) ? c : a));
        return [
          best,
          Math.exp(logits(0, q, best)) / sum,
          ...centered(W * at(0, q, 0), H * at(0, q, 1), W * at(0, q, 2), H * at(0, q, 3)),
        ];
      }),
  },
  {
    title: "RT-DETR: a sigmoid for each class",
    adapter: "boxes-and-scores",
    sidecar: { input: {}, classes: ["a", "b", "c", "d"] },
    build: (b, x) => ({ logits: randomRows(b, x, 4, 8, 6), pred_boxes: b.Sigmoid(randomRows(b, x, 4, 8, 5)) }),
    expected: ({ logits = () => 0, pred_boxes: at = () => 0 }) =>
      range(16).flatMap((q) =>
        range(4).map(
          (c): Row => [
            c,
            σ(logits(0, q, c)),
            ...centered(W * at(0, q, 0), H * at(0, q, 1), W * at(0, q, 2), H * at(0, q, 3)),
          ],
        ),
      ),
  },
];

/** Corners in this unit whose left is below right: [1, 16, 4]. */
function corners(b: GraphBuilder, x: string, unit: number): string {
  const [position, extent] = [0, 1].map((seed) => b.Mul(b.Sigmoid(randomRows(b, x, 2, 8, seed)), b.scalar(unit / 2)));
  return b.Concat([position as string, b.Add(position as string, extent as string)], 2);
}

/** Corners in pixels, score and class, one of three: [1, 16, 6]. */
function endToEnd(b: GraphBuilder, x: string): string {
  const score = b.Sigmoid(randomRows(b, x, 1, 8, 3));
  const index = b.add("Floor", [b.Mul(b.Sigmoid(randomRows(b, x, 1, 8, 4)), b.scalar(2.99))]);
  return b.Concat([corners(b, x, SIDE), score, index], 2);
}

/** The outputs of the file for the image. */
async function outputsOf(path: string): Promise<Record<string, Values>> {
  const session = await Session.create(path);
  const outputs = await session.run({ images: float32(planesOf(image).data, [1, 3, H, W]) });
  await session.release();
  const reader =
    ({ shape, data }: { shape: readonly number[]; data: readonly number[] }): Values =>
    (...index) =>
      data[index.reduce((at, i, axis) => at * (shape[axis] as number) + i, 0)] as number;
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [name, reader({ shape: tensor.shape, data: toNumbers(tensor) })]),
  );
}

const clip = (value: number): number => Math.min(Math.max(value, 0), SIDE);

function assertSameBoxes(found: readonly FoundBox[], rows: readonly Row[]): void {
  const expected = rows
    .map(([c, s, left, top, right, bottom]): Row => [c, s, clip(left), clip(top), clip(right), clip(bottom)])
    .filter(([, score, left, top, right, bottom]) => score > 0.05 && right > left && bottom > top)
    .sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  assert.ok(expected.length >= 5, `only ${expected.length} boxes`);
  assert.equal(found.length, expected.length);
  const sorted = [...found].sort((a, b) => b.score - a.score || a.class - b.class);
  for (const [i, { class: c, score, left, top, right, bottom }] of sorted.entries()) {
    const numbers = [c, score, left, top, right, bottom];
    for (const [j, value] of (expected[i] as Row).entries())
      assert.ok(Math.abs(value - (numbers[j] as number)) < 1e-4, `box ${i}: ${numbers} is not ${expected[i]}`);
  }
}

async function check(t: TestContext, family: Family): Promise<void> {
  const path = await writeDetector(t, family);
  const detector = await openDetector(path, { scoreThreshold: 0.05, nmsIou: 1 });
  t.after(() => detector.release());
  assert.equal(detector.settings.adapter, family.adapter);
  const [prediction] = await detector.predict([image]);
  assertSameBoxes(prediction?.boxes ?? [], family.expected(await outputsOf(path)));
}

for (const family of families) test(`boxes follow the published formula: ${family.title}`, (t) => check(t, family));
