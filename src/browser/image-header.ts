/// <reference lib="dom" />
import { isFrameMarker } from "../images/jpeg-marker.js";

/** Bytes of a file that hold its header: metadata before the header of a JPEG are at most this long, but for rare files. */
const HEAD = 2 ** 18;

/** What the header of a PNG or JPEG file states. */
export interface ImageHeader {
  readonly width: number;
  readonly height: number;
  /** Whether it has a single channel of brightness, so that Node.js saves its result in gray. */
  readonly gray: boolean;
}

/** The header of a PNG or JPEG file; undefined for other files. */
export async function readHeader(file: Blob): Promise<ImageHeader | undefined> {
  const view = new DataView(await file.slice(0, HEAD).arrayBuffer());
  if (view.byteLength < 26) return undefined;
  if (view.getUint32(0) === 0x89504e47) {
    const type = view.getUint8(25);
    return { width: view.getUint32(16), height: view.getUint32(20), gray: type === 0 || type === 4 };
  }
  return view.getUint16(0) === 0xffd8 ? jpegHeader(view) : undefined;
}

/** The frame header of a JPEG (ITU-T T.81, B.2.2). */
function jpegHeader(view: DataView): ImageHeader | undefined {
  for (let at = 2; at + 10 <= view.byteLength; ) {
    const marker = view.getUint8(at + 1);
    if (isFrameMarker(marker))
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7), gray: view.getUint8(at + 9) === 1 };
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return undefined;
}
