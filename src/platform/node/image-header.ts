import sharp from "sharp";
import { openRegular } from "./files.js";

/** Bytes that hold the header of most files, also behind an EXIF block. */
const HEAD = 2 ** 17;

/** The number of pixels that the beginning of an image file states; undefined if it states none. Cheaper than `decodedSize`. */
export async function pixelsInHeader(path: string): Promise<number | undefined> {
  try {
    const file = await openRegular(path);
    const head = Buffer.allocUnsafeSlow(HEAD);
    const { bytesRead } = await file.read(head, 0, HEAD, 0).finally(() => file.close());
    const { width, height } = await sharp(head.subarray(0, bytesRead), { failOn: "none" }).metadata();
    return width * height;
  } catch {
    return undefined;
  }
}
