import { answer } from "./answering.js";
import { works } from "./works.js";

/*
 * jax-js as a rival: jax-js.js WORK BATCH. Its WebAssembly backend, the only one in Node, needs seconds for a single layer of
 * these networks. Therefore only that layer is measured, and the rival reports the estimated time per image.
 */

type Arrays = { readonly ref: Arrays; data(): Promise<Float32Array> };
interface Jax {
  init(device: string): Promise<unknown>;
  defaultDevice(device: string): void;
  numpy: { ones(shape: number[]): Arrays };
  lax: { conv(x: Arrays, weight: Arrays, strides: number[], padding: string): Arrays };
}

const PACKAGE = "@jax-js/jax";
/** Arithmetic of a 3x3 convolution from 64 to 64 channels on 56x56 pixels, in GFLOP. */
const LAYER_GFLOP = (2 * 9 * 64 * 64 * 56 * 56) / 1e9;

async function prepare(name: string): Promise<never> {
  const jax: Jax = await import(PACKAGE).catch(() => {
    throw new Error(`not installed; run npm install --no-save ${PACKAGE}`);
  });
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  const [x, weight] = [jax.numpy.ones([1, 64, 56, 56]), jax.numpy.ones([64, 64, 3, 3])];
  let seconds = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    await jax.lax.conv(x.ref, weight.ref, [1, 1], "SAME").data();
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  const rate = LAYER_GFLOP / seconds;
  const gflop = (await works.find((work) => work.name === name)?.gflop()) ?? 0;
  throw new Error(
    `its WebAssembly backend reaches ${rate.toFixed(1)} GFLOP/s on a layer of 64 channels: ` +
      `one image would take ${(gflop / rate).toFixed(0)} s`,
  );
}

await answer(() => prepare(process.argv[2] ?? ""));
