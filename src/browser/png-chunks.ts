/// <reference lib="dom" />
import { textAt, viewOf } from "../images/icc.js";

type Bytes = Uint8Array<ArrayBuffer>;

/** A chunk of a PNG file (https://www.w3.org/TR/png-3/, section 5). */
export interface PngChunk {
  readonly type: string;
  readonly data: Bytes;
  /** With length, type and checksum. */
  readonly whole: Bytes;
  /** Where the next one begins. */
  readonly end: number;
}

/** The chunks of a PNG file up to IEND. @throws RangeError where the file is truncated. */
export function* pngChunks(bytes: Bytes): Generator<PngChunk> {
  const view = viewOf(bytes);
  for (let [at, type] = [8, ""]; type !== "IEND"; ) {
    const end = at + 12 + view.getUint32(at);
    if (end > bytes.length) throw new RangeError("a truncated PNG file");
    type = textAt(bytes, at + 4, at + 8);
    yield { type, data: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end), end };
    at = end;
  }
}

/** Decompresses data of PNG chunks. @throws TypeError for data that are damaged. */
export async function inflated(parts: readonly Bytes[]): Promise<Bytes> {
  const stream = new Blob([...parts]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
