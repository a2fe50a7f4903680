import { GraphBuilder } from "../onnx/builder.js";
import { float32 } from "../onnx/tensor.js";
import { Session } from "../runtime/session.js";

/** The runtime's own operators on blocks of channels. */
export const NCHWC = "com.microsoft.nchwc";

let known: Promise<number | null> | undefined;

/**
 * How many channels the runtime's blocked layout [N, C / block, H, W, block] keeps together on this processor: 16 with
 * AVX-512, 8 with AVX2, null where there is none. Found by looking at what it makes of counted numbers.
 */
export function blockSize(): Promise<number | null> {
  known ??= probeBlock();
  return known;
}

async function probeBlock(): Promise<number | null> {
  const [channels, positions] = [64, 2];
  const b = new GraphBuilder("block size");
  const x = b.input("x", [1, channels, 1, positions]);
  b.output("y", b.addCustom(NCHWC, "ReorderInput", [x], {}));
  try {
    const session = await Session.create(b.build());
    const data = Float32Array.from({ length: channels * positions }, (_, i) => i);
    const { y } = await session.run({ x: float32(data, [1, channels, 1, positions]) });
    await session.release();
    const laid = y?.data as Float32Array;
    // Neighbors in memory are the same position of the next channel for as long as a block goes on.
    const size = laid.findIndex((value, i) => value !== i * positions);
    return size > 1 && channels % size === 0 ? size : null;
  } catch {
    return null;
  }
}
