/// <reference lib="dom" />
import { type ColorProfile, isRgb, readColorProfile } from "../images/color-profile.js";
import { textAt, viewOf } from "../images/icc.js";
import { statedColor } from "../images/png-color.js";
import { readHeader } from "./image-header.js";
import { inflated, pngChunks } from "./png-chunks.js";

/** A file without the color space that it states, so that the browser's decoder leaves its values as they are. */
export interface SplitFile {
  readonly file: Blob;
  /** The color space of the values; undefined: sRGB. */
  readonly profile: ColorProfile | undefined;
  /** Whether Node.js also converts 8 bits with the precision of 16: where a PNG states its color space without a profile. */
  readonly precise: boolean;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** The parts of a file without its color space. */
interface Parts {
  readonly kept: Bytes[];
  /** The profile in the file. */
  readonly icc?: Bytes;
  /** What the file states without a profile; undefined: sRGB. */
  readonly stated?: Bytes | undefined;
}

/**
 * Takes the color space out of a JPEG, PNG or WebP file. Undefined: it states none, or none that consists of curves and a
 * matrix; the colors are then left to the browser's decoder. A profile of RGB in a gray image is ignored, as by Node.js.
 */
export async function splitColorSpace(file: Blob): Promise<SplitFile | undefined> {
  const head = new Uint8Array(await file.slice(0, 12).arrayBuffer());
  const split = FORMATS.find(({ at, text }) => textAt(head, at, at + text.length) === text)?.split;
  if (!split) return undefined;
  const parts = await split(new Uint8Array(await file.arrayBuffer())).catch(notWhole);
  if (!parts) return undefined;
  const { kept, icc, stated } = parts;
  const plain = new Blob(kept, { type: file.type });
  if (!icc) return { file: plain, profile: stated && readColorProfile(stated), precise: true };
  const profile = readColorProfile(icc);
  if (!profile) return undefined;
  const fits = isRgb(profile) !== ((await readHeader(file))?.gray ?? false);
  return { file: plain, profile: fits ? profile : undefined, precise: false };
}

/** A truncated file, or a profile that cannot be decompressed: the browser's decoder says what is wrong. */
function notWhole(error: unknown): undefined {
  if (error instanceof RangeError || error instanceof TypeError) return undefined;
  throw error;
}

const FORMATS = [
  { at: 0, text: "\xff\xd8\xff", split: splitJpeg },
  { at: 0, text: "\x89PNG", split: splitPng },
  { at: 8, text: "WEBP", split: splitWebp },
];

/** The segments before the image data; those of a profile are numbered (ICC.1:2022, B.4). */
async function splitJpeg(bytes: Bytes): Promise<Parts | undefined> {
  const view = viewOf(bytes);
  const [kept, pieces] = [[bytes.subarray(0, 2)], new Map<number, Uint8Array>()];
  let at = 2;
  while (view.getUint16(at) !== 0xffda) {
    const end = at + 2 + view.getUint16(at + 2);
    const isProfile = bytes[at + 1] === 0xe2 && textAt(bytes, at + 4, at + 16) === "ICC_PROFILE\0";
    if (isProfile) pieces.set(view.getUint8(at + 16), bytes.subarray(at + 18, end));
    else kept.push(bytes.subarray(at, end));
    at = end;
  }
  const inOrder = [...pieces].sort(([a], [b]) => a - b).map(([, piece]) => piece as Bytes);
  const icc = new Uint8Array(await new Blob(inOrder).arrayBuffer());
  return icc.length > 0 ? { kept: [...kept, bytes.subarray(at)], icc } : undefined;
}

/** Chunks that state a color space. */
const COLOR_CHUNKS = ["cICP", "iCCP", "sRGB", "gAMA", "cHRM"];

async function splitPng(bytes: Bytes): Promise<Parts | undefined> {
  const [kept, chunks] = [[bytes.subarray(0, 8)], new Map<string, Bytes>()];
  for (const { type, data, whole, end } of pngChunks(bytes)) {
    if (!chunks.has(type)) chunks.set(type, data);
    if (!COLOR_CHUNKS.includes(type)) kept.push(whole);
    if (type !== "IDAT") continue;
    kept.push(bytes.subarray(end));
    break;
  }
  const profile = chunks.get("iCCP");
  // A name that ends with 0, the number of the method, the compressed profile.
  if (profile) return { kept, icc: await inflated([profile.subarray(profile.indexOf(0) + 2)]) };
  if (!COLOR_CHUNKS.some((type) => chunks.has(type))) return undefined;
  const stated = statedColor((type) => chunks.get(type));
  return stated && !stated.profile ? undefined : { kept, stated: stated?.profile };
}

/** The flag of a WebP file that says that it has a profile (RFC 9649, 2.7). */
const PROFILE_FLAG = 0x20;

async function splitWebp(bytes: Bytes): Promise<Parts | undefined> {
  const view = viewOf(bytes);
  const hasProfile = textAt(bytes, 12, 16) === "VP8X" && (view.getUint8(20) & PROFILE_FLAG) !== 0;
  if (!hasProfile || textAt(bytes, 30, 34) !== "ICCP") return undefined;
  const length = view.getUint32(34, true);
  const end = 38 + length + (length % 2);
  const head = bytes.slice(0, 30);
  viewOf(head).setUint32(4, view.getUint32(4, true) - (end - 30), true);
  head[20] = view.getUint8(20) & ~PROFILE_FLAG;
  return { kept: [head, bytes.subarray(end)], icc: bytes.subarray(38, 38 + length) };
}
