import { deflateSync } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import { pngChunk } from "../src/platform/node/png.js";
import { randomAt } from "../src/random.js";
import { gammaCurve, iccProfile } from "./icc-profile.js";

/** Smooth color changes with some noise: values of `channels` channels from 0 to `white`. */
function values(width: number, height: number, channels: number, white: number): number[] {
  const random = randomAt(7, width, channels);
  return Array.from({ length: width * height * channels }, (_, i) => {
    const [x, y, c] = [Math.floor(i / channels) % width, Math.floor(i / channels / width), i % channels];
    const wave = 0.5 + 0.35 * Math.sin(x / 5 + c) * Math.cos(y / 7 - c) + 0.1 * (random.uniform() - 0.5);
    return Math.round(white * (c === 3 || channels === 2 ? wave * 1.6 - 0.3 : wave));
  });
}

const raw8 = (width: number, height: number, channels: 1 | 2 | 3 | 4) =>
  sharp(Uint8ClampedArray.from(values(width, height, channels, 255)), { raw: { width, height, channels } });

const raw16 = (width: number, height: number, channels: 1 | 3 | 4) =>
  sharp(
    Uint16Array.from(values(width, height, channels, 65535), (value) => Math.min(Math.max(value, 0), 65535)),
    { raw: { width, height, channels } },
  ).toColourspace(channels === 1 ? "grey16" : "rgb16");

/** Pixels with every alpha from 0 to 255. */
function everyAlpha(): Sharp {
  const data = Uint8ClampedArray.from(values(32, 32, 4, 255));
  for (let i = 0; i < 1024; i++) data[4 * i + 3] = i % 256;
  return sharp(data, { raw: { width: 32, height: 32, channels: 4 } });
}

/** A PNG file with another chunk before its image data. */
const withChunk = (png: Buffer, type: string, data: Uint8Array): Buffer =>
  Buffer.concat([png.subarray(0, 33), pngChunk(type, data), png.subarray(33)]);

/** Numbers as a chunk stores them: in units of 1/100000. */
const inUnits = (...values: readonly number[]): Buffer =>
  Buffer.concat(
    values.map((value) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(Math.round(value * 1e5));
      return bytes;
    }),
  );

const ADOBE_RGB = inUnits(0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06);
const SRGB = inUnits(0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06);

/** Images of kinds that are easily decoded wrongly, made at once: file by name. */
export async function awkwardImages(): Promise<Record<string, Buffer>> {
  const [width, height] = [45, 34];
  const png = await raw8(width, height, 3).png().toBuffer();
  const grayPng = await raw8(width, height, 1).toColourspace("b-w").png().toBuffer();
  const grayProfile = Buffer.concat([Buffer.from("gray\0\0"), deflateSync(iccProfile(gammaCurve(1.8)))]);
  const animation = [0, 1].map((shift) =>
    raw8(width, height, 3)
      .modulate({ hue: 90 * shift })
      .png()
      .toBuffer(),
  );
  return {
    "jpeg-4-2-0.jpg": await raw8(width, height, 3).jpeg({ quality: 80 }).toBuffer(),
    "jpeg-progressive.jpg": await raw8(width, height, 3)
      .jpeg({ quality: 90, progressive: true, chromaSubsampling: "4:4:4" })
      .toBuffer(),
    "jpeg-exif-6.jpg": await raw8(width, height, 3).withMetadata({ orientation: 6 }).jpeg({ quality: 90 }).toBuffer(),
    "jpeg-exif-7.jpg": await raw8(width, height, 3).withMetadata({ orientation: 7 }).jpeg({ quality: 90 }).toBuffer(),
    "jpeg-gray.jpg": await raw8(width, height, 1).toColourspace("b-w").jpeg().toBuffer(),
    "jpeg-cmyk.jpg": await raw8(width, height, 3).toColourspace("cmyk").jpeg({ quality: 95 }).toBuffer(),
    "jpeg-cmyk-profile.jpg": await raw8(width, height, 3)
      .toColourspace("cmyk")
      .withIccProfile("cmyk")
      .jpeg({ quality: 95 })
      .toBuffer(),
    "jpeg-p3.jpg": await raw8(width, height, 3).withIccProfile("p3").jpeg({ quality: 95 }).toBuffer(),
    "png-16.png": await raw16(width, height, 3).png().toBuffer(),
    "png-16-alpha.png": await raw16(width, height, 4).png().toBuffer(),
    "png-16-interlaced.png": await raw16(width, height, 3).png({ progressive: true }).toBuffer(),
    "png-16-gray.png": await raw16(width, height, 1).png().toBuffer(),
    "png-alpha.png": await everyAlpha().png().toBuffer(),
    "png-gray-alpha.png": await raw8(width, height, 2).toColourspace("b-w").png().toBuffer(),
    "png-palette.png": await raw8(width, height, 3).png({ palette: true, colors: 16 }).toBuffer(),
    "png-interlaced.png": await raw8(width, height, 3).png({ progressive: true }).toBuffer(),
    "png-p3.png": await raw8(width, height, 3).withIccProfile("p3").png().toBuffer(),
    "png-16-p3.png": await raw16(width, height, 3).withIccProfile("p3").png().toBuffer(),
    "webp-p3.webp": await raw8(width, height, 3).withIccProfile("p3").webp({ quality: 90 }).toBuffer(),
    "png-gama-chrm.png": withChunk(withChunk(png, "cHRM", ADOBE_RGB), "gAMA", inUnits(1 / 1.8)),
    "png-srgb-chrm.png": withChunk(withChunk(png, "cHRM", SRGB), "gAMA", inUnits(0.45455)),
    "png-cicp.png": withChunk(png, "cICP", Buffer.from([12, 13, 0, 1])),
    "png-16-gama.png": withChunk(await raw16(width, height, 3).png().toBuffer(), "gAMA", inUnits(1 / 1.8)),
    "png-gray-profile.png": withChunk(grayPng, "iCCP", grayProfile),
    "png-1x1.png": await raw8(1, 1, 3).png().toBuffer(),
    "png-1x40.png": await raw8(1, 40, 3).png().toBuffer(),
    "webp-alpha.webp": await everyAlpha().webp({ lossless: true, exact: true }).toBuffer(),
    "webp-lossy.webp": await raw8(width, height, 3).webp({ quality: 90 }).toBuffer(),
    "gif-animated.gif": await sharp(await Promise.all(animation), { join: { animated: true } })
      .gif()
      .toBuffer(),
    "avif.avif": await raw8(width, height, 3).avif({ lossless: true }).toBuffer(),
  };
}
