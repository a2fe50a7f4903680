/*
 * The texts of a string tensor as one array of bytes, so that `Tensor` holds them without knowing them: each text is its
 * length in 4 bytes, little-endian, and its bytes.
 */

export function packTexts(texts: readonly Uint8Array[]): Uint8Array {
  const packed = new Uint8Array(texts.reduce((sum, text) => sum + 4 + text.length, 0));
  const view = new DataView(packed.buffer);
  let offset = 0;
  for (const text of texts) {
    view.setUint32(offset, text.length, true);
    packed.set(text, offset + 4);
    offset += 4 + text.length;
  }
  return packed;
}

export function unpackTexts(packed: Uint8Array): Uint8Array[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const texts: Uint8Array[] = [];
  for (let offset = 0; offset < packed.length; ) {
    const length = view.getUint32(offset, true);
    texts.push(packed.subarray(offset + 4, offset + 4 + length));
    offset += 4 + length;
  }
  return texts;
}
