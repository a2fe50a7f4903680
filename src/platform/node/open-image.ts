import sharp, { type Metadata, type Sharp, type SharpOptions } from "sharp";
import { UserError } from "../../errors.js";
import { readColorProfile, toSrgb } from "./color-profile.js";
import { onlyTiffPage, requireNoSequence, requireSingleFrame, type TiffPage } from "./frames.js";
import { requireHeifSize } from "./heif.js";
import { DECODED_FORMATS, isDecodedFormat } from "./image-signature.js";
import { isJpeg } from "./jpeg.js";
import { requireSinglePicture } from "./multi-picture.js";
import { isInvertedFloat, readSamples, requireKnownSamples, type Samples } from "./samples.js";
import { isTiff } from "./tiff.js";

/** What makes decoding fail: everything that a decoder warns of, or only what it calls an error. */
export type FailOn = "warning" | "error";

/** An image whose pixels are still to be decoded. */
export interface OpenImage {
  /** Decodes the image upright and in sRGB, with its alpha channel if it has one. */
  readonly pipeline: Sharp;
  /** Whether the pipeline gives more than 8 bits a channel. */
  readonly deep: boolean;
  /** Of the file. */
  metadata(): Promise<Metadata>;
}

/**
 * Opens an image file for decoding. Color profiles are applied. In a TIFF file, unsigned integers of 32 bits are scaled by
 * their full range and floating-point numbers from 0 to 1; like integers they are sRGB where the file has no profile.
 * @param bits of the pixels that the caller needs.
 * @throws UserError when its format is not decoded, when it holds several images, or samples whose meaning is not defined.
 */
export async function openImage(content: Buffer, failOn: FailOn, bits: 8 | 16): Promise<OpenImage> {
  if (!isDecodedFormat(content)) throw new UserError(`unsupported image format; expected ${DECODED_FORMATS}`); // libvips also reads SVG
  const options: SharpOptions = { failOn, autoOrient: true };
  if (isJpeg(content)) {
    requireSinglePicture(content);
    // 8 bits always.
    return { pipeline: sharp(content, options), deep: false, metadata: () => sharp(content, options).metadata() };
  }
  const page = isTiff(content) ? onlyTiffPage(content) : undefined;
  if (page) {
    requireKnownSamples(page.directory);
    options.page = page.index;
  }
  requireNoSequence(content);
  requireHeifSize(content);
  const metadata = await sharp(content, options).metadata();
  requireSingleFrame(content, metadata);
  const { pipeline, deep } = HAS_PLAIN_SAMPLES.includes(metadata.space)
    ? await openPlain(content, options, { metadata, page, bits })
    : { pipeline: sharp(content, options), deep: false };
  return { pipeline, deep, metadata: () => Promise.resolve(metadata) };
}

/** The color spaces of gray and RGB samples, as libvips names them. For others, such as CMYK, it defines the conversion. */
const HAS_PLAIN_SAMPLES = ["b-w", "grey16", "srgb", "rgb16", "scrgb"];

type PixelSource = Pick<OpenImage, "pipeline" | "deep">;

interface PlainImage {
  readonly metadata: Metadata;
  readonly page: TiffPage | undefined;
  readonly bits: 8 | 16;
}

async function openPlain(
  content: Buffer,
  options: SharpOptions,
  { metadata, page, bits }: PlainImage,
): Promise<PixelSource> {
  const { depth, channels, icc } = metadata;
  if (channels > 4) throw new UserError(`it has ${channels} channels; expected gray or RGB, with or without alpha`);
  const isUsual = depth === "uchar" || depth === "ushort";
  if (isUsual && (depth === "uchar" || !icc)) return { pipeline: sharp(content, options), deep: depth === "ushort" };
  const profile = icc && readColorProfile(icc);
  if (icc && !profile) {
    if (!isUsual) throw new UserError("its color profile cannot be applied to its samples; expected 8 or 16 bits");
    // libvips converts 8 bits precisely. At 16 bits its result can be 15 levels of 8 bits off.
    return { pipeline: sharp(content, options).pipelineColourspace(channels < 3 ? "b-w" : "srgb"), deep: false };
  }
  const open = () => sharp(content, { ...options, ignoreIcc: true });
  const samples = await readSamples(open, metadata, isInvertedFloat(page?.directory));
  const fits = profile && (profile.matrix !== undefined) === samples.channels >= 3;
  return pipelineOf(fits ? converted(samples, profile) : samples, bits);
}

const converted = ({ width, height, channels, data }: Samples, profile: Parameters<typeof toSrgb>[2]): Samples => ({
  ...{ width, height, channels: channels % 2 === 0 ? 4 : 3 },
  data: toSrgb(data, channels, profile),
});

function pipelineOf({ width, height, channels, data }: Samples, bits: 8 | 16): PixelSource {
  const pixels = bits === 16 ? data : Uint8Array.from(data, (value) => Math.round(value / 257));
  return {
    pipeline: sharp(pixels, { raw: { width, height, channels }, limitInputPixels: false }),
    deep: bits === 16,
  };
}
