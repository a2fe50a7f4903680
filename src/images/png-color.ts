import { viewOf } from "./icc.js";
import { type Chromaticities, SRGB_CHROMATICITIES, type TransferCurve, writeColorProfile } from "./icc-writer.js";

const [GRAY, GRAY_ALPHA] = [0, 4];

const SRGB = SRGB_CHROMATICITIES;
const D65 = SRGB.white;

/** Color primaries by their number. Reference: ITU-T H.273, table 2. */
const PRIMARIES: Readonly<Record<number, Chromaticities>> = {
  1: SRGB,
  9: { white: D65, red: [0.708, 0.292], green: [0.17, 0.797], blue: [0.131, 0.046] },
  11: { white: [0.314, 0.351], red: [0.68, 0.32], green: [0.265, 0.69], blue: [0.15, 0.06] },
  12: { white: D65, red: [0.68, 0.32], green: [0.265, 0.69], blue: [0.15, 0.06] },
};

/** Transfer characteristics by their number, as far as a curve of ICC profiles describes them: not those of HDR. Table 3. */
const TRANSFERS: Readonly<Record<number, TransferCurve>> = { 4: 2.2, 5: 2.8, 8: 1, 13: "sRGB" };

/** The color space that a PNG file states without an ICC profile. */
export interface PngColor {
  /** The same as an ICC profile; undefined if none can describe it. */
  readonly profile: Uint8Array<ArrayBuffer> | undefined;
}

/**
 * The color space of a PNG file without an ICC profile that can be read, from the chunks cICP, sRGB, gAMA and cHRM, the first of which counts.
 * Undefined if it is sRGB or none is stated. Reference: PNG, third edition, section 4.3.
 * @param dataOf the data of the first chunk of a type, undefined if the file has none.
 */
export function statedColor(dataOf: (type: string) => Uint8Array | undefined): PngColor | undefined {
  const data = (type: string, length: number): DataView | undefined => {
    const found = dataOf(type);
    return found?.length === length ? viewOf(found) : undefined;
  };
  const isGray = [GRAY, GRAY_ALPHA].includes(data("IHDR", 13)?.getUint8(9) ?? -1);
  const coded = data("cICP", 4);
  if (coded) return colorOf(PRIMARIES[coded.getUint8(0)], TRANSFERS[coded.getUint8(1)], isGray);
  if (dataOf("iCCP")) return { profile: undefined }; // one that libpng rejects
  if (data("sRGB", 1)) return undefined;
  const gamma = data("gAMA", 4)?.getUint32(0);
  const points = data("cHRM", 32);
  if (gamma === 0 || (gamma === undefined && !points)) return undefined;
  const curve = gamma === undefined || isUsualGamma(gamma) ? "sRGB" : 100_000 / gamma;
  return colorOf(points ? chromaticitiesOf(points) : SRGB, curve, isGray);
}

function colorOf(
  chromaticities: Chromaticities | undefined,
  curve: TransferCurve | undefined,
  isGray: boolean,
): PngColor | undefined {
  if (!chromaticities || curve === undefined || !isUsable(chromaticities)) return { profile: undefined };
  if (curve === "sRGB" && (isGray || isClose(chromaticities, SRGB))) return undefined;
  return { profile: writeColorProfile("Color space of the PNG file", curve, isGray ? undefined : chromaticities) };
}

/** The gamma that programs write for sRGB is 45455. */
const isUsualGamma = (gamma: number): boolean => Math.abs(gamma - 45_455) <= 500;

function chromaticitiesOf(points: DataView): Chromaticities {
  const at = (i: number): [number, number] => [points.getUint32(8 * i) / 1e5, points.getUint32(8 * i + 4) / 1e5];
  return { white: at(0), red: at(1), green: at(2), blue: at(3) };
}

const TOLERANCE = 0.002;

const isClose = (a: Chromaticities, b: Chromaticities): boolean =>
  (["white", "red", "green", "blue"] as const).every((name) =>
    a[name].every((value, i) => Math.abs(value - (b[name][i] as number)) <= TOLERANCE),
  );

/** Whether the primaries are a triangle, with points that have a luminance. */
function isUsable({ white, red, green, blue }: Chromaticities): boolean {
  const area = (green[0] - red[0]) * (blue[1] - red[1]) - (blue[0] - red[0]) * (green[1] - red[1]);
  return Math.abs(area) > 0.01 && [white, red, green, blue].every(([x, y]) => y > 0.0001 && x + y <= 1.0001);
}
