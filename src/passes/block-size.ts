import { GraphBuilder } from "../onnx/builder.js";
import { float32 } from "../onnx/tensor.js";
import { Session } from "../runtime/session.js";

/** The domain of ONNX Runtime's own operators on blocks of channels. */
export const NCHWC = "com.microsoft.nchwc";

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
  const [channels, positions] = [64, 2];
  const b = new GraphBuilder("block size");
  const x = b.input("x", [1, channels, 1, positions]);
  b.output("y", b.addCustom(NCHWC, "ReorderInput", [x], {}));
  try {
    const session = await Session.create(b.build());
    const data = Float32Array.from({ length: channels * positions }, (_, i) => i);
    const { y } = await session.run({ x: float32(data, [1, channels, 1, positions]) });
    await session.release();
    const reordered = y?.data as Float32Array;
    // Within a block, neighbors in memory are the same position of consecutive channels.
    const size = reordered.findIndex((value, i) => value !== i * positions);
    return size > 1 && channels % size === 0 ? size : null;
  } catch {
    return null;
  }
}
