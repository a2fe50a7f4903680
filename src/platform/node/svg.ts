import sharp from "sharp";

/** Pixels of the result for each unit of the drawing. */
const ZOOM = 1.5;
/** Units of an SVG drawing in an inch, as CSS defines it. */
const UNITS_PER_INCH = 96;

/** Renders an SVG text as PNG, at one and a half times its size. */
export const pngOfSvg = (svg: string): Promise<Buffer> =>
  sharp(Buffer.from(svg), { density: ZOOM * UNITS_PER_INCH, limitInputPixels: false })
    .png()
    .toBuffer();
