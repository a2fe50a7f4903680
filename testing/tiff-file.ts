/** What `tiffFile` writes. */
export interface TiffOptions {
  readonly width: number;
  readonly height: number;
  /** Rows from the top; samples in the machine's byte order, which is little-endian. */
  readonly data: ArrayBufferView;
  readonly bits: number;
  /** 0: white is 0, 1: gray, 2: RGB, 5: CMYK. */
  readonly photometric: number;
  readonly channels: number;
  /** SampleFormat. 1: unsigned, 2: signed, 3: floating point. */
  readonly format?: number;
  /** Further tags of 16-bit values, by number. */
  readonly tags?: Readonly<Record<number, readonly number[]>>;
  readonly profile?: Buffer;
  /** ImageDescription, of more than 3 characters. */
  readonly description?: string;
}

/** An uncompressed little-endian TIFF file with a page for each set of options. Reference: TIFF 6.0, section 2. */
export function tiffFile(...pages: readonly TiffOptions[]): Buffer {
  const parts: Buffer[] = [Buffer.from("II*\0\0\0\0\0", "latin1")];
  let size = 8;
  const append = (bytes: ArrayBufferView): number => {
    const at = size;
    parts.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    size += bytes.byteLength;
    if (size % 2) parts.push(Buffer.alloc(size++ % 2));
    return at;
  };
  let link = parts[0]?.subarray(4) as Buffer;
  for (const page of pages) {
    const strip = append(page.data);
    const profile = page.profile && append(page.profile);
    const description = page.description === undefined ? undefined : Buffer.from(`${page.description}\0`, "latin1");
    const entries = new Map<number, { type: number; values: readonly number[]; count?: number }>();
    const short = (tag: number, ...values: number[]) => entries.set(tag, { type: 3, values });
    short(256, page.width);
    short(257, page.height);
    short(258, ...Array<number>(page.channels).fill(page.bits));
    short(259, 1);
    short(262, page.photometric);
    entries.set(273, { type: 4, values: [strip] });
    short(277, page.channels);
    short(278, page.height);
    entries.set(279, { type: 4, values: [page.data.byteLength] });
    short(339, ...Array<number>(page.channels).fill(page.format ?? 1));
    for (const [tag, values] of Object.entries(page.tags ?? {})) short(Number(tag), ...values);
    if (profile) entries.set(34675, { type: 7, values: [profile], count: page.profile?.length ?? 0 });
    if (description) entries.set(270, { type: 2, values: [append(description)], count: description.length });
    const directory = Buffer.alloc(2 + 12 * entries.size + 4);
    directory.writeUInt16LE(entries.size, 0);
    for (const [i, [tag, { type, values, count }]] of [...entries].sort(([a], [b]) => a - b).entries()) {
      const at = 2 + 12 * i;
      directory.writeUInt16LE(tag, at);
      directory.writeUInt16LE(type, at + 2);
      directory.writeUInt32LE(count ?? values.length, at + 4);
      if (type !== 3) directory.writeUInt32LE(values[0] as number, at + 8);
      else if (values.length <= 2)
        for (const [k, value] of values.entries()) directory.writeUInt16LE(value, at + 8 + 2 * k);
      else directory.writeUInt32LE(append(Uint16Array.from(values)), at + 8);
    }
    link.writeUInt32LE(append(directory), 0);
    link = directory.subarray(-4);
  }
  return Buffer.concat(parts);
}
