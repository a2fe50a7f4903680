import type { Metadata, Sharp } from "sharp";
import { UserError } from "../../errors.js";
import { TAG, type TiffDirectory } from "./tiff.js";

/** Unsigned 16-bit samples, interleaved: gray, RGB or CMYK, with or without alpha as the last channel. */
export interface Samples {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint16Array;
}

/** The value of white of each unsigned sample type. */
const WHITE = { uchar: 255, ushort: 65535, uint: 2 ** 32 - 1, float: 1 } as const;
type Depth = keyof typeof WHITE;

const isDepth = (depth: string): depth is Depth => depth in WHITE;

/** Values of PhotometricInterpretation. */
const [MIN_IS_WHITE, RGB, CMYK] = [0, 2, 5];
/** Those whose samples are gray, RGB, a palette's, CMYK or YCbCr; the others have rules of their own. */
const PLAIN = [MIN_IS_WHITE, 1, RGB, 3, CMYK, 6];
/** Values of SampleFormat. */
const [UNSIGNED, SIGNED, FLOAT, UNDEFINED] = [1, 2, 3, 4];
/** A value of ExtraSamples: the colors are premultiplied by this alpha. */
const PREMULTIPLIED = 1;

/**
 * Checks that the samples of a TIFF page have a type whose white is defined and that libvips reads: unsigned integers of 8, 16
 * or 32 bits, of gray and palettes also 1, 2 and 4; floating-point numbers of 32 bits, of RGB also 16.
 * @throws UserError otherwise, with the type.
 */
export function requireKnownSamples(page: TiffDirectory): void {
  const photometric = page.number(TAG.photometric) ?? 1;
  if (!PLAIN.includes(photometric)) return;
  const bits = Math.max(...(page.numbers(TAG.bitsPerSample) ?? [1]));
  const format = page.number(TAG.sampleFormat) ?? UNSIGNED;
  const known =
    format === FLOAT
      ? photometric !== CMYK && (bits === 32 || (bits === 16 && photometric === RGB))
      : (format === UNSIGNED || format === UNDEFINED) &&
        ([8, 16, 32].includes(bits) || ([1, 2, 4].includes(bits) && (page.number(TAG.samplesPerPixel) ?? 1) === 1));
  // libvips divides colors by a premultiplied alpha, but not with the white of these types.
  if (
    known &&
    page.number(TAG.extraSamples) === PREMULTIPLIED &&
    bits === 32 &&
    (format !== FLOAT || photometric !== RGB)
  )
    throw new UserError("its colors are premultiplied by alpha in 32 bits; expected separate alpha");
  if (known) return;
  const kinds: Readonly<Record<number, string>> = {
    [UNSIGNED]: "unsigned integers",
    [SIGNED]: "signed integers",
    [FLOAT]: "floating-point numbers",
    [UNDEFINED]: "undefined values",
  };
  const color = photometric === CMYK ? "CMYK" : photometric === RGB ? "RGB" : "gray";
  throw new UserError(
    `its ${color} samples are ${kinds[format] ?? "complex numbers"} of ${bits} bits; ` +
      "expected unsigned integers of 8, 16 or 32 bits, or floating-point numbers of 32 bits from 0 to 1",
  );
}

/** Whether 0 is white in floating-point samples; libvips inverts integers only. */
export const isInvertedFloat = (page: TiffDirectory | undefined): boolean =>
  page?.number(TAG.photometric) === MIN_IS_WHITE && page.number(TAG.sampleFormat) === FLOAT;

/**
 * Reads samples without conversion of colors, scaled to 16 bits: integers by their full range, floating-point numbers from
 * 0 to 1.
 * @param open a new pipeline of the file each time, which ignores its color profile.
 * @param inverted whether 0 is white.
 * @throws UserError when floating-point samples are outside 0 to 1.
 */
export async function readSamples(
  open: () => Sharp,
  { depth, space, hasAlpha }: Metadata,
  inverted: boolean,
): Promise<Samples> {
  if (!isDepth(depth)) throw new UserError(`its samples are of the type ${depth}, whose white is not defined`);
  const { channels, width, height, planes } = await rawPlanes(open, depth, space, hasAlpha);
  const white = WHITE[depth];
  if (depth === "float") for (const plane of planes) requireUnitRange(plane);
  const perPlane = channels / planes.length;
  const data = new Uint16Array(width * height * channels);
  for (const [p, plane] of planes.entries())
    for (let i = 0; i < plane.length; i++) {
      const value = Math.min(Math.max((plane[i] as number) / white, 0), 1);
      const isAlpha = hasAlpha && (i % perPlane) + p === channels - 1;
      const at = planes.length === 1 ? i : i * channels + p;
      data[at] = Math.round(65535 * (inverted && !isAlpha ? 1 - value : value));
    }
  return { width, height, channels, data };
}

type Plane = Uint8Array | Uint16Array | Uint32Array | Float32Array;

/** The samples as sharp reads them: one interleaved plane, or gray and alpha apart where sharp would drop the alpha. */
async function rawPlanes(open: () => Sharp, depth: Depth, space: string, hasAlpha: boolean) {
  const read = async (pipeline: Sharp) => {
    const { data, info } = await pipeline.toColourspace(space).raw({ depth }).toBuffer({ resolveWithObject: true });
    return { plane: typed(data, depth), info };
  };
  if (space === "b-w" && hasAlpha) {
    const [gray, alpha] = [await read(open().extractChannel(0)), await read(open().extractChannel(1))];
    return { channels: 2, ...sizeOf(gray.info), planes: [gray.plane, alpha.plane] };
  }
  const { plane, info } = await read(open());
  return { channels: info.channels, ...sizeOf(info), planes: [plane] };
}

const sizeOf = ({ width, height }: { width: number; height: number }) => ({ width, height });

function typed({ buffer, byteOffset, length }: Buffer, depth: Depth): Plane {
  if (depth === "uchar") return new Uint8Array(buffer, byteOffset, length);
  if (depth === "ushort") return new Uint16Array(buffer, byteOffset, length / 2);
  return depth === "uint"
    ? new Uint32Array(buffer, byteOffset, length / 4)
    : new Float32Array(buffer, byteOffset, length / 4);
}

/** How far floating-point samples may be outside 0 to 1, from rounding: half a level of 8 bits. */
const TOLERANCE = 0.5 / 255;

function requireUnitRange(plane: Plane): void {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of plane) {
    if (Number.isNaN(value)) throw new UserError("its floating-point samples contain NaN");
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low < -TOLERANCE || high > 1 + TOLERANCE)
    throw new UserError(
      `its floating-point samples range from ${Number(low.toPrecision(4))} to ${Number(high.toPrecision(4))}; expected 0 to 1`,
    );
}
