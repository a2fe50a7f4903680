import { XmlElement as Element, parseXml, type XmlElement } from "@rgrove/parse-xml";
import { messageOf } from "../../errors.js";
import { readText } from "../../platform/node/files.js";
import { excerpt } from "../../printable.js";

/** The most bytes of an annotation; those of PASCAL VOC have less than 20 kB. */
const LARGEST_ANNOTATION = 2 ** 22;

/** An object of a VOC annotation. Coordinates are those of the file: whole pixels from 1, the last one inside the box. */
export interface VocObject {
  readonly name: string;
  readonly xmin: number;
  readonly ymin: number;
  readonly xmax: number;
  readonly ymax: number;
  readonly difficult: boolean;
  readonly truncated: boolean;
}

/** The content of a VOC annotation. */
export interface VocAnnotation {
  /** Size of the image in pixels, if stated. */
  readonly width?: number;
  readonly height?: number;
  readonly objects: readonly VocObject[];
  /** Why objects were left out, one text for each. */
  readonly broken: readonly string[];
}

/**
 * Reads a file of `Annotations/`. Definitions of a document type have no effect: no entity is replaced and nothing is
 * loaded.
 * @throws Error when it is missing, larger than 4 MiB, not XML, no annotation, empty, or all of its objects are broken.
 */
export async function readVocAnnotation(path: string): Promise<VocAnnotation> {
  const text = await readText(path, LARGEST_ANNOTATION);
  if (text.trim() === "") throw new Error("it is empty");
  const root = rootOf(text);
  if (root.name !== "annotation") throw new Error(`it contains <${excerpt(root.name)}>, not <annotation>`);
  const elements = childrenOf(root, "object");
  if (elements.length === 0 && !childrenOf(root, "size")[0]) throw new Error("it has neither <object> nor <size>");
  const objects: VocObject[] = [];
  const broken: string[] = [];
  for (const element of elements) {
    const object = objectOf(element);
    if (typeof object === "string") broken.push(object);
    else objects.push(object);
  }
  if (objects.length === 0 && broken.length > 0) throw new Error(`no <object> is usable: ${broken[0]}`);
  return { ...sizeOf(root), objects, broken };
}

function rootOf(text: string): XmlElement {
  try {
    const { root } = parseXml(text);
    if (root) return root;
  } catch (error) {
    if (error instanceof RangeError) throw new Error("its elements are nested too deeply");
    throw new Error(`it is not XML: ${excerpt(messageOf(error).split("\n", 1)[0] ?? "")}`);
  }
  throw new Error("it is not XML");
}

const childrenOf = ({ children }: XmlElement, name: string): XmlElement[] =>
  children.filter((child): child is XmlElement => child instanceof Element && child.name === name);

const textOf = (parent: XmlElement | undefined, name: string): string | undefined =>
  parent && childrenOf(parent, name)[0]?.text.trim();

/** A finite number; NaN if the text is none. */
const numberOf = (text: string | undefined): number => (text ? Number(text) : Number.NaN);

function sizeOf(root: XmlElement): { width: number; height: number } | undefined {
  const size = childrenOf(root, "size")[0];
  const [width, height] = [numberOf(textOf(size, "width")), numberOf(textOf(size, "height"))];
  return width > 0 && height > 0 ? { width, height } : undefined;
}

const isSet = (text: string | undefined): boolean => text === "1" || text?.toLowerCase() === "true";

/** An object, or why it is not usable. */
function objectOf(element: XmlElement): VocObject | string {
  const name = textOf(element, "name") ?? "";
  if (name === "") return "it has no <name>";
  const box = childrenOf(element, "bndbox")[0];
  if (!box) return `${excerpt(name)} has no <bndbox>`;
  const sides = ["xmin", "ymin", "xmax", "ymax"].map((side) => [side, numberOf(textOf(box, side))] as const);
  const odd = sides.find(([, value]) => !Number.isFinite(value));
  if (odd) return `${odd[0]} of ${excerpt(name)} is "${excerpt(textOf(box, odd[0]) ?? "")}", not a number`;
  const [xmin, ymin, xmax, ymax] = sides.map(([, value]) => value) as [number, number, number, number];
  if (xmax < xmin || ymax < ymin) return `the box of ${excerpt(name)} ends before it starts`;
  const flags = { difficult: isSet(textOf(element, "difficult")), truncated: isSet(textOf(element, "truncated")) };
  return { name, xmin, ymin, xmax, ymax, ...flags };
}
