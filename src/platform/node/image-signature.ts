/** Number of bytes at the beginning of a file that show its format. */
const HEAD = 64;

/** The names of the formats that are decoded, for messages. */
export const DECODED_FORMATS = "JPEG, PNG, WebP, TIFF, GIF or AVIF";

/** Whether content begins like JPEG, PNG, GIF, WebP, TIFF, BigTIFF or AVIF. */
export function isDecodedFormat(content: Buffer): boolean {
  const text = content.toString("latin1", 0, HEAD);
  return (
    /^(\xff\xd8|\x89PNG|GIF8|II[*+]\0|MM\0[*+])/.test(text) ||
    /^RIFF.{4}WEBP/s.test(text) ||
    /^.{4}ftyp.*avi[fs]/s.test(text)
  );
}
