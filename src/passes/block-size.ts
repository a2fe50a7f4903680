import { blockProbe, probedBlock } from "../onnx/block-probe.js";
import { Session } from "../runtime/session.js";

let measured: Promise<number | null> | undefined;

/**
 * The number of channels in a block of the runtime's blocked layout [N, C / block, H, W, block] on this processor: 16 with
 * AVX-512, 8 with AVX2, null without the layout. It is measured once, by reordering a tensor of consecutive numbers.
 */
export function blockSize(): Promise<number | null> {
  measured ??= measureBlockSize();
  return measured;
}

async function measureBlockSize(): Promise<number | null> {
  const { graph, x } = blockProbe();
  try {
    const session = await Session.create(graph);
    const { y } = await session.run({ x });
    await session.release();
    return probedBlock(y?.data as Float32Array);
  } catch {
    return null;
  }
}
