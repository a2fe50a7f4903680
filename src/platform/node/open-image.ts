import sharp, { type Channels, type Metadata, type Sharp, type SharpOptions } from "sharp";
import { UserError } from "../../errors.js";
import { cmykToRgb } from "../../images/cmyk.js";
import { readColorProfile, toSrgb } from "../../images/color-profile.js";
import { fitsSpace } from "./fitting-profile.js";
import { onlyTiffPage, requireNoSequence, requireSingleFrame, type TiffPage } from "./frames.js";
import { requireHeifSize } from "./heif.js";
import { DECODED_FORMATS, isDecodedFormat } from "./image-signature.js";
import { isJpeg, isJpegOfFourColors } from "./jpeg.js";
import { requireSinglePicture } from "./multi-picture.js";
import { pngColor } from "./png.js";
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

/** Whether pixels keep the color space of their file, or are converted to sRGB. */
export type ColorMode = "keep" | "srgb";

/** An open image, with the color space of its pixels. */
export interface OpenColorImage extends OpenImage {
  /** The ICC profile of the decoded pixels. Undefined: sRGB, or a color space that the file does not state. */
  readonly profile: Buffer | undefined;
  /** Whether the pixels were converted to sRGB. */
  readonly isConverted: boolean;
  /** The conversion of a color space that was to be kept and cannot be, such as "CMYK to sRGB". Undefined: none was necessary. */
  readonly converted: string | undefined;
  /** Whether the file states a color space that cannot be applied: a damaged profile, one of other channels, HDR. */
  readonly hasWrongProfile: boolean;
}

/**
 * Opens an image file for decoding in its own RGB or gray space, if it has one, or in sRGB.
 * @throws UserError as `openImage` does.
 */
export async function openColorImage(
  content: Buffer,
  failOn: FailOn,
  bits: 8 | 16,
  color: ColorMode,
): Promise<OpenColorImage> {
  const described = await describe(content, failOn);
  const { icc, space, channels } = described.metadata;
  const isPlain = HAS_PLAIN_SAMPLES.includes(space);
  const fits = icc !== undefined && fitsSpace(icc, space === CMYK ? "CMYK" : channels < 3 ? "GRAY" : "RGB ");
  const stated = icc === undefined && isPlain ? pngColor(content) : undefined;
  const own = fits && isPlain ? icc : stated?.profile && Buffer.from(stated.profile);
  const isKept = color === "keep" && own !== undefined;
  return {
    ...(stated?.profile && !isKept
      ? await openConverted(content, described, stated.profile)
      : await openDescribed(content, described, bits, isKept)),
    metadata: () => Promise.resolve(described.metadata),
    profile: isKept ? own : undefined,
    isConverted: !isPlain || (own !== undefined && !isKept),
    converted: color === "keep" && !isPlain ? `${NAMES[space] ?? space} to sRGB` : undefined,
    hasWrongProfile: (isPlain || space === CMYK) && (icc ? !fits : stated !== undefined && own === undefined),
  };
}

/** Converts a PNG from the color space that it states without a profile. */
async function openConverted(content: Buffer, { options, metadata }: Described, icc: Uint8Array): Promise<PixelSource> {
  const profile = readColorProfile(icc);
  const samples = await readSamples(() => sharp(content, options), metadata, false);
  return pipelineOf(profile ? converted(samples, profile) : samples, metadata.depth === "ushort" ? 16 : 8);
}

/** The name of libvips. */
const CMYK = "cmyk";

/** The names of color spaces, by those of libvips. */
const NAMES: Readonly<Record<string, string>> = { [CMYK]: "CMYK", lab: "Lab", labs: "Lab", xyz: "XYZ" };

/**
 * Opens an image file for decoding. Color profiles are applied. In a TIFF file, unsigned integers of 32 bits are scaled by
 * their full range and floating-point numbers from 0 to 1; like integers they are sRGB where the file has no profile.
 * @param bits of the pixels that the caller needs.
 * @throws UserError when its format is not decoded, when it holds several images, or samples whose meaning is not defined.
 */
export async function openImage(content: Buffer, failOn: FailOn, bits: 8 | 16): Promise<OpenImage> {
  if (!isJpeg(content) || isJpegOfFourColors(content))
    return openDescribed(content, await describe(content, failOn), bits, false);
  requireSinglePicture(content);
  const open = () => sharp(content, { failOn, autoOrient: true });
  return { pipeline: open(), deep: false, metadata: () => open().metadata() }; // read only if necessary
}

/** What is known of a file before its pixels are decoded. */
interface Described {
  readonly options: SharpOptions;
  readonly metadata: Metadata;
  readonly page: TiffPage | undefined;
}

/** @throws UserError as `openImage` does. */
async function describe(content: Buffer, failOn: FailOn): Promise<Described> {
  if (!isDecodedFormat(content)) throw new UserError(`unsupported image format; expected ${DECODED_FORMATS}`); // libvips also reads SVG
  const options: SharpOptions = { failOn, autoOrient: true };
  const page = isTiff(content) ? onlyTiffPage(content) : undefined;
  if (page) {
    requireKnownSamples(page.directory);
    options.page = page.index;
  }
  if (isJpeg(content)) requireSinglePicture(content);
  requireNoSequence(content);
  requireHeifSize(content);
  const metadata = await sharp(content, options).metadata();
  if (!isJpeg(content)) requireSingleFrame(content, metadata);
  return { options, metadata, page };
}

/** @param ignoreIcc whether color profiles are not applied. */
async function openDescribed(
  content: Buffer,
  { options: given, metadata, page }: Described,
  bits: 8 | 16,
  ignoreIcc: boolean,
): Promise<OpenImage> {
  const options = { ...given, ignoreIcc };
  const described = { metadata, page, bits };
  const { pipeline, deep } =
    metadata.space === CMYK
      ? await openCmyk(content, options, described)
      : HAS_PLAIN_SAMPLES.includes(metadata.space) && !isJpeg(content) // which has 8 bits always
        ? await openPlain(content, options, described)
        : { pipeline: sharp(content, options), deep: false };
  return { pipeline, deep, metadata: () => Promise.resolve(metadata) };
}

/** CMYK with a profile is converted by libvips. Without one libvips would take a profile that no other program has. */
async function openCmyk(content: Buffer, options: SharpOptions, { metadata, bits }: FileImage): Promise<PixelSource> {
  const { depth, icc, hasAlpha } = metadata;
  if (icc && fitsSpace(icc, "CMYK")) {
    if (depth !== "uchar" && (depth !== "ushort" || hasAlpha)) throw new UserError(NOT_APPLIED);
    return { pipeline: sharp(content, options), deep: false };
  }
  const open = () => sharp(content, { ...options, ignoreIcc: true }).pipelineColourspace(CMYK);
  const { width, height, data } = await readSamples(open, metadata, false);
  const own = depth === "uchar" ? 8 : 16;
  const rgb = { width, height, channels: hasAlpha ? 4 : 3, data: cmykToRgb(data, hasAlpha, own) };
  return pipelineOf(rgb, own === 8 ? 8 : bits);
}

const NOT_APPLIED = "its color profile cannot be applied to its samples; expected 8 or 16 bits";

/** The color spaces of gray and RGB samples, as libvips names them. For others, such as Lab, it defines the conversion. */
const HAS_PLAIN_SAMPLES = ["b-w", "grey16", "srgb", "rgb16", "scrgb"];

type PixelSource = Pick<OpenImage, "pipeline" | "deep">;

/** What is known of a file, and the bits that the caller needs. */
interface FileImage {
  readonly metadata: Metadata;
  readonly page: TiffPage | undefined;
  readonly bits: 8 | 16;
}

async function openPlain(
  content: Buffer,
  options: SharpOptions,
  { metadata, page, bits }: FileImage,
): Promise<PixelSource> {
  const { depth, channels } = metadata;
  const icc = options.ignoreIcc ? undefined : metadata.icc;
  if (channels > 4) throw new UserError(`it has ${channels} channels; expected gray or RGB, with or without alpha`);
  const isUsual = depth === "uchar" || depth === "ushort";
  if (isUsual && (depth === "uchar" || !icc)) return { pipeline: sharp(content, options), deep: depth === "ushort" };
  const profile = icc && readColorProfile(icc);
  if (icc && !profile) {
    if (!isUsual) throw new UserError(NOT_APPLIED);
    // libvips converts 8 bits precisely. At 16 bits its result can be 15 levels of 8 bits off.
    return { pipeline: sharp(content, options).pipelineColourspace(channels < 3 ? "b-w" : "srgb"), deep: false };
  }
  const open = () => sharp(content, { ...options, ignoreIcc: true });
  const samples = await readSamples(open, metadata, isInvertedFloat(page?.directory));
  const fits = profile && (profile.toXyz !== undefined) === samples.channels >= 3;
  return pipelineOf(fits ? converted(samples, profile) : samples, bits);
}

const converted = ({ width, height, channels, data }: Samples, profile: Parameters<typeof toSrgb>[2]): Samples => ({
  ...{ width, height, channels: channels % 2 === 0 ? 4 : 3 },
  data: toSrgb(data, channels, profile),
});

/** @param samples of gray or RGB. */
function pipelineOf({ width, height, channels, data }: Samples, bits: 8 | 16): PixelSource {
  const pixels = bits === 16 ? data : Uint8Array.from(data, (value) => Math.round(value / 257));
  return {
    pipeline: sharp(pixels, { raw: { width, height, channels: channels as Channels }, limitInputPixels: false }),
    deep: bits === 16,
  };
}
