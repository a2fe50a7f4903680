/** A chunk of a WebP file. */
export interface WebpChunk {
  readonly type: string;
  /** Where its data begin in the file. */
  readonly start: number;
  readonly length: number;
}

export const isWebp = (content: Buffer): boolean =>
  content.toString("latin1", 0, 4) === "RIFF" && content.toString("latin1", 8, 12) === "WEBP";

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
