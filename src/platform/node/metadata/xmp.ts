import type { ImageChange } from "./exif.js";
import { type Edit, edited, type Property, XmpDocument } from "./xmp-document.js";
import { regionEdits } from "./xmp-regions.js";

const NAMESPACE = {
  rdf: "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
  tiff: "http://ns.adobe.com/tiff/1.0/",
  exif: "http://ns.adobe.com/exif/1.0/",
  xmp: "http://ns.adobe.com/xap/1.0/",
  xmpMM: "http://ns.adobe.com/xap/1.0/mm/",
  stEvt: "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
  xmpNote: "http://ns.adobe.com/xmp/note/",
  Iptc4xmpExt: "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
  hdrgm: "http://ns.adobe.com/hdr-gain-map/1.0/",
  Container: "http://ns.google.com/photos/1.0/container/",
  legible: "https://legible-image.github.io/ns/1.0/",
} as const;

type Prefix = keyof typeof NAMESPACE;

/**
 * A note of how the pixels of an image were made.
 * Reference: the fields of an action in the C2PA specification 2.1, section 18.15, written as an XMP event.
 */
export interface Note {
  /** Name and version. */
  readonly software: string;
  /** The name of the model's file. */
  readonly model: string;
  /** SHA-256 of that file, hexadecimal. */
  readonly sha256: string;
  readonly task?: string | undefined;
  readonly scale: number;
}

/** The value of DigitalSourceType for algorithmic corrections. Reference: IPTC NewsCodes, digitalsourcetype. */
const ENHANCED = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced";

const EMPTY =
  '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>\n' +
  `<x:xmpmeta xmlns:x="adobe:ns:meta/">\n<rdf:RDF xmlns:rdf="${NAMESPACE.rdf}">\n</rdf:RDF>\n</x:xmpmeta>\n` +
  '<?xpacket end="w"?>';

/** Whether a text is an XMP packet that can be read. */
export const isXmp = (text: string): boolean => XmpDocument.parse(text) !== undefined;

/**
 * An XMP packet with the size and the orientation of the result. What describes other images in the input's file (thumbnails,
 * gain maps) is removed; everything else is kept.
 * @throws Error when the text is no packet (see `isXmp`).
 */
export function correctedXmp(text: string, change: ImageChange): string {
  const document = documentOf(text);
  const corrections = document.properties.flatMap((property) => correction(property, change) ?? []);
  return edited(text, [...corrections, ...regionEdits(document, change)]);
}

/** A packet with the descriptions of another one about the same image. @throws Error when a text is no packet. */
export function mergedXmp(text: string, extension: string): string {
  const document = documentOf(text);
  return edited(text, [document.described(documentOf(extension).descriptionTexts.join("\n"))]);
}

/**
 * Divides a packet that is too long for a JPEG into standard XMP, which names the extension by
 * its digest, and the extension, which has everything. @throws Error when the text is no packet.
 */
export function dividedXmp(text: string, digestOf: (extension: Buffer) => string): { xmp: string; extension: Buffer } {
  const extension = Buffer.from(documentOf(text).rootText);
  const property = simple("xmpNote", "HasExtendedXMP", digestOf(extension));
  const pointer = `<rdf:Description${declared(["xmpNote"])} rdf:about="">\n${property}</rdf:Description>\n`;
  return { xmp: edited(EMPTY, [documentOf(EMPTY).described(pointer)]), extension };
}

/** A packet with a note: a new one if there is none yet. @throws Error when the text is no packet. */
export function withNote(text: string | undefined, note: Note): string {
  const document = documentOf(text ?? EMPTY);
  const { properties, about } = document;
  const { declarations, local } = declare(document, ["rdf", "stEvt", "legible", "xmp", "xmpMM", "Iptc4xmpExt"]);
  const has = (prefix: Prefix, name: string) => find(properties, prefix, name) !== undefined;
  const sequence = find(properties, "xmpMM", "History")?.element;
  const events = sequence && XmpDocument.childOf(sequence, "Seq");
  const added = [
    ...(has("xmp", "CreatorTool") ? [] : [simple("xmp", "CreatorTool", note.software)]),
    ...(has("Iptc4xmpExt", "DigitalSourceType") ? [] : [simple("Iptc4xmpExt", "DigitalSourceType", ENHANCED)]),
    ...(has("xmpMM", "History") ? [] : [`<xmpMM:History>\n<rdf:Seq>\n${event(note)}</rdf:Seq>\n</xmpMM:History>\n`]),
  ].join("");
  return edited(document.text, [
    document.attributed(declarations),
    ...(events ? [document.appended(events, event(note, local))] : []),
    ...(added === ""
      ? []
      : [document.described(`<rdf:Description${local} rdf:about="${about}">\n${added}</rdf:Description>\n`)]),
  ]);
}

/**
 * The declarations that rdf:RDF lacks, and those that only the new elements can have because it uses the prefix otherwise.
 * ImageMagick's parser warns of declarations further within.
 */
function declare(document: XmpDocument, prefixes: readonly Prefix[]): { declarations: string; local: string } {
  const missing = prefixes.filter((prefix) => document.declared(prefix) === undefined);
  const others = prefixes.filter(
    (prefix) => !missing.includes(prefix) && document.declared(prefix) !== NAMESPACE[prefix],
  );
  return { declarations: declared(missing), local: declared(others) };
}

function documentOf(text: string): XmpDocument {
  const document = XmpDocument.parse(text);
  if (!document) throw new Error("not an XMP packet");
  return document;
}

const find = (properties: readonly Property[], prefix: Prefix, name: string): Property | undefined =>
  properties.find((property) => property.namespace === NAMESPACE[prefix] && property.name === name);

/** The edit of a property that does not hold for a changed image. */
function correction(property: Property, { width, height, isConverted }: ImageChange): Edit | undefined {
  const { namespace, name, start, end, valueStart, valueEnd } = property;
  const isIn = (prefix: Prefix) => namespace === NAMESPACE[prefix];
  const value = (text: number | string): Edit => ({ start: valueStart, end: valueEnd, text: String(text) });
  if (isIn("tiff") && name === "Orientation") return value(1);
  if ((isIn("tiff") && name === "ImageWidth") || (isIn("exif") && name === "PixelXDimension")) return value(width);
  if ((isIn("tiff") && name === "ImageLength") || (isIn("exif") && name === "PixelYDimension")) return value(height);
  if (isIn("exif") && name === "ColorSpace" && isConverted) return value(1);
  const isStale =
    isIn("hdrgm") ||
    isIn("Container") ||
    (isIn("xmp") && name === "Thumbnails") ||
    (isIn("xmpNote") && name === "HasExtendedXMP");
  return isStale ? { start, end, text: "" } : undefined;
}

/** A text in XML, with spaces for control characters, which XML excludes. */
const escaped = (text: string): string =>
  [...text].map((c) => (c < " " ? " " : "&<>\"'".includes(c) ? `&#${c.charCodeAt(0)};` : c)).join("");

const simple = (prefix: Prefix, name: string, value: string): string =>
  `<${prefix}:${name}>${escaped(value)}</${prefix}:${name}>\n`;

function event({ software, model, sha256, task, scale }: Note, declarations = ""): string {
  const fields = [
    simple("stEvt", "action", "edited"),
    simple("stEvt", "softwareAgent", software),
    simple("stEvt", "parameters", [`model ${model}`, ...(task ? [`task ${task}`] : []), `scale ${scale}`].join(", ")),
    simple("legible", "DigitalSourceType", ENHANCED),
    simple("legible", "Model", model),
    simple("legible", "ModelSha256", sha256),
    ...(task ? [simple("legible", "Task", task)] : []),
    simple("legible", "Scale", String(scale)),
  ];
  return `<rdf:li${declarations} rdf:parseType="Resource">\n${fields.join("")}</rdf:li>\n`;
}

const declared = (prefixes: readonly Prefix[]): string =>
  prefixes.map((prefix) => ` xmlns:${prefix}="${NAMESPACE[prefix]}"`).join("");
