import { isFrameMarker } from "../../images/jpeg-marker.js";

const SOS = 0xda;
const EOI = 0xd9;
const endMarker = Buffer.from([0xff, EOI]);
const scanMarker = Buffer.from([0xff, SOS]);

export const isJpeg = (content: Buffer): boolean => content[0] === 0xff && content[1] === 0xd8;

/** Whether an end marker follows the last scan. */
export const hasEndMarker = (content: Buffer): boolean =>
  content.subarray(-2).equals(endMarker) || content.lastIndexOf(endMarker) > content.lastIndexOf(scanMarker);

export const withEndMarker = (content: Buffer): Buffer => Buffer.concat([content, endMarker]);

/** What is known of a JPEG's coefficients. */
interface Frame {
  /** Of each component, the lowest bit that was sent of each of its 64 coefficients; -1: none. */
  readonly lowest: ReadonlyMap<number, Int8Array>;
}

/**
 * Whether the scans of a JPEG with Huffman codes contain every bit of every coefficient. A progressive file that was cut off
 * between two scans lacks some, although a decoder has no complaint.
 * Reference: ITU-T T.81, sections B.2 and G.1.
 */
export function hasAllScans(content: Buffer): boolean {
  let frame: Frame | undefined;
  for (const { marker, data } of segments(content)) {
    if (marker >= 0xc0 && marker <= 0xc2) frame = frameOf(data);
    if (marker === SOS && frame) readScan(data, frame);
  }
  return frame !== undefined && [...frame.lowest.values()].every((bits) => bits.every((bit) => bit === 0));
}

function frameOf(data: Buffer): Frame {
  const count = data[5] ?? 0;
  const ids = Array.from({ length: count }, (_, i) => data[6 + 3 * i] ?? 0);
  return { lowest: new Map(ids.map((id) => [id, new Int8Array(64).fill(-1)])) };
}

function readScan(data: Buffer, { lowest }: Frame): void {
  const count = data[0] ?? 0;
  const [first = 0, last = 0, bits = 0] = data.subarray(1 + 2 * count);
  for (let i = 0; i < count; i++) lowest.get(data[1 + 2 * i] ?? 0)?.fill(bits & 15, first, last + 1);
}

/** A marker segment of a JPEG. */
interface Segment {
  readonly marker: number;
  /** What follows its length field. */
  readonly data: Buffer;
}

/** The marker segments before the first scan. */
export function headerSegments(content: Buffer): Segment[] {
  const header: Segment[] = [];
  for (const segment of segments(content)) {
    if (segment.marker === SOS) break;
    header.push(segment);
  }
  return header;
}

/** Whether a JPEG has the four components of CMYK. */
export const isJpegOfFourColors = (content: Buffer): boolean =>
  headerSegments(content).some(({ marker, data }) => isFrameMarker(marker) && data[5] === 4);

/** The marker segments of a JPEG, without the entropy-coded data between them. */
function* segments(content: Buffer): Generator<Segment> {
  for (let at = 2; at + 4 <= content.length; ) {
    const marker = content[at + 1] as number;
    if (content[at] !== 0xff || marker < 0xc0 || (marker >= 0xd0 && marker <= EOI)) {
      at++; // entropy-coded data, a restart or fill bytes
      continue;
    }
    const length = content.readUInt16BE(at + 2);
    yield { marker, data: content.subarray(at + 4, at + 2 + length) };
    at += 2 + length;
  }
}
