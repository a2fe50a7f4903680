import { crop } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { type LatticePower, latticePower } from "../metrics/lattice.js";
import { luma as lumaOf } from "../metrics/luma.js";
import { psnr, psnrY } from "../metrics/psnr.js";
import { ssimY } from "../metrics/ssim.js";
import type { SsimMeter } from "../metrics/ssim-meter.js";
import { protocols, type ResolvedProtocol } from "./protocols.js";

/** How similar an image is to the clean one. */
export interface Quality {
  /** In dB on RGB; Infinity for equal images. */
  readonly psnr: number;
  /** On RGB; 1 for equal images. */
  readonly ssim: number;
  /** In dB on Y of BT.601, where the protocol measures it. */
  readonly psnr_y?: number;
  /** On Y of BT.601, where the protocol measures it. */
  readonly ssim_y?: number;
  /** Of the image's own luma; absent below 32 x 32 pixels. */
  readonly lattice?: LatticePower;
}

/**
 * The quality of images of one size against the clean one.
 * @throws UserError when sizes differ, or fewer than 11 x 11 pixels are left inside the crop border.
 */
export async function qualityOf(
  images: readonly Image[],
  clean: Image,
  { protocol, cropBorder: border }: ResolvedProtocol,
  meter: SsimMeter,
): Promise<Quality[]> {
  const { luma } = protocols[protocol];
  const inside = images.map((image) => withoutBorder(image, border));
  const cleanInside = withoutBorder(clean, border);
  const ssims = await meter.measure(inside, cleanInside);
  return images.map((image, i) => ({
    psnr: psnr(inside[i] as Image, cleanInside),
    ssim: ssims[i] as number,
    ...(luma && { psnr_y: psnrY(image, clean, { border }), ssim_y: ssimY(image, clean, { border }) }),
    ...latticeOf(image, border),
  }));
}

/** The quality of the clean image itself. */
export const cleanQuality = (clean: Image, { protocol, cropBorder }: ResolvedProtocol): Quality => ({
  psnr: Number.POSITIVE_INFINITY,
  ssim: 1,
  ...(protocols[protocol].luma && { psnr_y: Number.POSITIVE_INFINITY, ssim_y: 1 }),
  ...latticeOf(clean, cropBorder),
});

function latticeOf(image: Image, border: number): Pick<Quality, "lattice"> {
  const lattice = latticePower(lumaOf(image, border));
  return lattice ? { lattice } : {};
}

const withoutBorder = (image: Image, border: number): Image =>
  border === 0 ? image : crop(image, border, border, image.width - 2 * border, image.height - 2 * border);
