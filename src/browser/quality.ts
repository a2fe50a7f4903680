import { psnrY } from "../metrics/psnr.js";
import { ssimY } from "../metrics/ssim.js";
import type { Pixels } from "./api.js";
import { overWhite } from "./pixels.js";
import type { Work } from "./work.js";

/** As `Legible.quality`. */
export async function quality(_: Work, image: Pixels, truth: Pixels): Promise<{ psnr: number; ssim: number }> {
  const [a, b] = [overWhite(image), overWhite(truth)];
  return { psnr: psnrY(a, b, { border: 0 }), ssim: ssimY(a, b, { border: 0 }) };
}
