/** A chunk of a WebP file. */
export interface WebpChunk {
  readonly type: string;
  /** Where its data begin in the file. */
  readonly start: number;
  readonly length: number;
}

export const isWebp = (content: Buffer): boolean =>
  content.toString("latin1", 0, 4) === "RIFF" && content.toString("latin1", 8, 12) === "WEBP";

/** Whether the file is shorter than its header states. */
export const isCutWebp = (content: Buffer): boolean => content.readUInt32LE(4) + 8 > content.length;

/** The file up to its last whole chunk, with its size in the header; undefined where the image data are not whole. */
export function withWebpEnd(content: Buffer): Buffer | undefined {
  const chunks = webpChunks(content);
  const last = chunks.at(-1);
  if (!last || !chunks.some(({ type }) => type === "VP8 " || type === "VP8L")) return undefined;
  const padding = Buffer.alloc(last.length % 2);
  const result = Buffer.concat([content.subarray(0, last.start + last.length), padding]);
  result.writeUInt32LE(result.length - 8, 4);
  return result;
}

/** The chunks of a WebP file that are whole. Reference: RFC 9649, section 2.3. */
export function webpChunks(content: Buffer): WebpChunk[] {
  const chunks: WebpChunk[] = [];
  for (let at = 12; at + 8 <= content.length; ) {
    const length = content.readUInt32LE(at + 4);
    if (at + 8 + length > content.length) break;
    chunks.push({ type: content.toString("latin1", at, at + 4), start: at + 8, length });
    at += 8 + length + (length % 2);
  }
  return chunks;
}
