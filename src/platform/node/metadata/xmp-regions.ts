import type { ImageChange } from "./exif.js";
import { upright } from "./exif.js";
import type { Edit, Property, XmpDocument } from "./xmp-document.js";

const REGIONS = "http://www.metadataworkinggroup.com/schemas/regions/";
const DIMENSIONS = "http://ns.adobe.com/xap/1.0/sType/Dimensions#";
const AREA = "http://ns.adobe.com/xmp/sType/Area#";

/**
 * Edits of the regions of an image, such as faces: they are rotated with it, and state its new size.
 * Reference: Guidelines for Handling Image Metadata 2.0 (Metadata Working Group), section 5.9.
 */
export function regionEdits(document: XmpDocument, { width, height, orientation }: ImageChange): Edit[] {
  const regions = document.properties.find(
    ({ namespace, name }) => namespace === REGIONS && name === "Regions",
  )?.element;
  if (!regions) return [];
  const applied = document.elementsWithin(regions, REGIONS, "AppliedToDimensions");
  const areas = document.elementsWithin(regions, REGIONS, "Area");
  return [
    ...applied.flatMap((element) => replaced(document.valuesWithin(element), DIMENSIONS, { w: width, h: height })),
    ...(orientation === 1 ? [] : areas).flatMap((element) =>
      areaEdits(document, document.valuesWithin(element), orientation),
    ),
  ];
}

/** An area has a center and a size, as shares of the width and the height. */
function areaEdits({ text }: XmpDocument, values: readonly Property[], orientation: number): Edit[] {
  const [x, y, w, h] = ["x", "y", "w", "h"].map((wanted) => {
    const found = values.find(({ namespace, name }) => namespace === AREA && name === wanted);
    return found && Number(text.slice(found.valueStart, found.valueEnd));
  });
  if (x === undefined || y === undefined || !Number.isFinite(x + y)) return [];
  const [left, top] = upright(orientation, [x, y], [1, 1]);
  const size = w === undefined || h === undefined ? {} : orientation >= 5 ? { w: h, h: w } : { w, h };
  return replaced(values, AREA, { x: rounded(left), y: rounded(top), ...size });
}

const rounded = (share: number): number => Number(share.toFixed(6));

const replaced = (values: readonly Property[], space: string, by: Readonly<Record<string, number>>): Edit[] =>
  values.flatMap(({ namespace, name, valueStart, valueEnd }) =>
    namespace === space && by[name] !== undefined ? { start: valueStart, end: valueEnd, text: String(by[name]) } : [],
  );
