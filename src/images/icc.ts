/*
 * The layout of ICC profiles (ICC.1:2022, section 7). Reading beyond the end of a truncated profile throws a RangeError.
 */

/** The bytes from `from` to before `to` as Latin-1. */
export const textAt = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to));

export const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/** The signature of the color space, such as "RGB ". */
export const spaceOf = (icc: Uint8Array): string => textAt(icc, 16, 20);

/** Whether bytes have the signature of a profile. */
export const isProfile = (icc: Uint8Array): boolean => textAt(icc, 36, 40) === "acsp";

/** The data of each tag, by its signature. */
export function tagsOf(icc: Uint8Array): Map<string, Uint8Array> {
  const view = viewOf(icc);
  const tags = new Map<string, Uint8Array>();
  const count = Math.min(view.getUint32(128), 100);
  for (let at = 132; at < 132 + 12 * count; at += 12) {
    const offset = view.getUint32(at + 4);
    tags.set(textAt(icc, at, at + 4), icc.subarray(offset, offset + view.getUint32(at + 8)));
  }
  return tags;
}
