import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { enhanceFile } from "../src/enhancement/enhance.js";
import { openEnhancer } from "../src/enhancement/enhancer.js";
import type { Image } from "../src/images/image.js";
import { planesOf } from "../src/images/planar.js";
import { float32 } from "../src/onnx/tensor.js";
import { decodeImage, encodeImage } from "../src/platform/node/codec.js";
import { openProcessor } from "../src/processors/open.js";

/*
 * Measures how fast models enhance an image file, in alternating order:
 *   node dist/bench/enhance-speed.js MODEL.onnx … [--image FILE] [--repeats 5] [--format jpg]
 * "file": enhanceFile with an open processor, decoding and encoding included; "network": the floor, one run of ONNX Runtime on the
 * whole image, without margins, decoding and encoding; "first": opening the model and its first file; "worker": openEnhancer, with
 * the longest delay of the event loop of this thread. Times are minima in seconds; "file cpu" is the time of all cores, which other
 * programs disturb less.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    image: { type: "string" },
    repeats: { type: "string", default: "5" },
    format: { type: "string", default: "jpg" },
  },
});

/** An image of 640x360 pixels with edges and gradients. */
function synthetic(): Image {
  const [width, height] = [640, 360];
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    return 128 + 60 * Math.sin(x / (9 + c)) * Math.cos(y / 7) + (Math.floor(x / 40 + y / 30) % 2) * 40;
  });
  return { width, height, data };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

interface Row {
  model: string;
  file: number;
  "file cpu": number;
  network: number;
  first: number;
  worker: number;
  "loop delay ms": number;
}

/** The times of each model, the repetitions of all models alternating. */
async function measure(models: readonly string[], input: string, folder: string): Promise<Row[]> {
  const { width, height, ...image } = planesOf(await decodeImage(input));
  const tensor = float32(image.data, [1, 3, height, width]);
  const output = (i: number): string => join(folder, `${i}.${values.format}`);
  const never = Number.POSITIVE_INFINITY;
  const rows = models.map((model): Row => {
    return { model, file: never, "file cpu": never, network: never, first: never, worker: never, "loop delay ms": 0 };
  });
  for (let repeat = 0; repeat < Number(values.repeats); repeat++)
    for (const [i, row] of rows.entries()) {
      const processor = await openProcessor(row.model);
      row.first = Math.min(row.first, await seconds(() => enhanceFile(processor, input, output(i))));
      const before = process.cpuUsage();
      row.file = Math.min(row.file, await seconds(() => enhanceFile(processor, input, output(i))));
      const { user, system } = process.cpuUsage(before);
      row["file cpu"] = Math.min(row["file cpu"], (user + system) / 1e6);
      await processor.run(tensor); // allocates
      row.network = Math.min(row.network, await seconds(() => processor.run(tensor)));
      await processor.release();
      const enhancer = await openEnhancer(row.model);
      const delay = monitorEventLoopDelay({ resolution: 5 });
      delay.enable();
      row.worker = Math.min(row.worker, await seconds(() => enhancer.enhanceFile(input, output(i))));
      row["loop delay ms"] = Math.max(row["loop delay ms"], delay.max / 1e6);
      await enhancer.close();
    }
  return rows;
}

const folder = mkdtempSync(join(tmpdir(), "legible-speed-"));
try {
  const input = values.image ?? join(folder, "input.png");
  if (values.image === undefined) await encodeImage(synthetic(), input);
  const { width, height } = await decodeImage(input);
  console.log(`${width}x${height}, ${values.format}, ${cpus()[0]?.model}, ${cpus().length} cores`);
  console.table(await measure(positionals, input, folder));
} finally {
  rmSync(folder, { recursive: true });
}
