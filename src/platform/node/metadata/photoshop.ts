/* Image resources of Photoshop, in which JPEG and TIFF files hold IPTC-IIM. */

/** An image resource. */
interface Resource {
  readonly id: number;
  /** Signature, number, name, length and data, padded. */
  readonly bytes: Buffer;
  readonly data: Buffer;
}

/** IPTC-IIM records and the image resources beside them. */
export interface Iptc {
  /** Undefined if there are none. */
  readonly records: Buffer | undefined;
  /** Image resources that are still valid when pixels and size have changed, in a row; empty if there are none. */
  readonly resources: Buffer;
  /** Whether everything could be read. */
  readonly isWhole: boolean;
}

const IPTC = 0x0404;
/** Resources that a changed image makes wrong: grid and guides, thumbnails, slices, copies of EXIF and XMP. */
const STALE = [0x0408, 0x0409, 0x040c, 0x041a, 0x0422, 0x0423, 0x0424];

/** Reads image resources. Reference: Adobe Photoshop File Formats Specification, "Image Resources Section". */
export function readResources(block: Buffer): Iptc {
  const { resources, isWhole } = resourcesOf(block);
  const records = resources.find(({ id }) => id === IPTC)?.data;
  return {
    records: records && areRecords(records) ? records : undefined,
    resources: Buffer.concat(
      resources.filter(({ id }) => id !== IPTC && !STALE.includes(id)).map(({ bytes }) => bytes),
    ),
    isWhole: isWhole && (records === undefined || areRecords(records)),
  };
}

/** Reads IPTC-IIM records that are not in an image resource. */
export const readRecords = (records: Buffer): Iptc => ({
  records: areRecords(records) ? records : undefined,
  resources: Buffer.alloc(0),
  isWhole: areRecords(records),
});

/** The image resources with the records as one of them. */
export function writeResources({ records, resources }: Iptc): Buffer {
  if (!records) return resources;
  const head = Buffer.from("8BIM\x04\x04\0\0\0\0\0\0", "latin1");
  head.writeUInt32BE(records.length, 8);
  return Buffer.concat([head, records, Buffer.alloc(records.length % 2), resources]);
}

function resourcesOf(block: Buffer): { resources: Resource[]; isWhole: boolean } {
  const resources: Resource[] = [];
  let at = 0;
  while (at + 12 <= block.length && block.toString("latin1", at, at + 4) === "8BIM") {
    const name = 1 + (block[at + 6] as number);
    const size = at + 6 + name + (name % 2);
    if (size + 4 > block.length) break;
    const [start, length] = [size + 4, block.readUInt32BE(size)];
    if (start + length > block.length) break;
    const end = start + length + (length % 2);
    const padding = Buffer.alloc(Math.max(0, end - block.length));
    const bytes = Buffer.concat([block.subarray(at, end), padding]);
    resources.push({ id: block.readUInt16BE(at + 4), bytes, data: block.subarray(start, start + length) });
    at = end;
  }
  return { resources, isWhole: block.subarray(at).every((byte) => byte === 0) };
}

/** Whether bytes are data sets of IPTC-IIM, up to padding. Reference: IPTC-IIM 4.2, section 1.5. */
function areRecords(records: Buffer): boolean {
  let at = 0;
  while (at + 5 <= records.length && records[at] === 0x1c) {
    const length = records.readUInt16BE(at + 3);
    if (length >= 0x8000) return records.length > at + 5; // extended: its length is stated by the bytes that follow
    at += 5 + length;
  }
  return at > 0 && at <= records.length && records.subarray(at).every((byte) => byte === 0);
}
