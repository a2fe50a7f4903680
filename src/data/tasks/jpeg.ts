import type { Image } from "../../images/image.js";
import { decodeImage, encodeJpeg } from "../../platform/node/codec.js";
import { jpegKind } from "./jpeg-kind.js";

/** Encodes an image as JPEG with this quality and decodes it again. */
export const throughJpeg = async (clean: Image, quality: number): Promise<Image> =>
  decodeImage(await encodeJpeg(clean, quality));

/** JPEG artifacts of libjpeg. */
export const jpeg = jpegKind(throughJpeg);
