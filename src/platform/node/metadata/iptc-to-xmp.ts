import { escaped, found, withDescription } from "./xmp.js";

const NAMESPACE = {
  dc: "http://purl.org/dc/elements/1.1/",
  photoshop: "http://ns.adobe.com/photoshop/1.0/",
  Iptc4xmpCore: "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
} as const;

/** How a property holds texts: one, one in the default language, or a list. */
type Form = "simple" | "Alt" | "Bag" | "Seq";

/**
 * The properties of data sets of record 2.
 * Reference: IPTC Photo Metadata Standard 2023.1, the column "IIM" of the properties.
 */
const PROPERTIES: Readonly<Record<number, readonly [prefix: keyof typeof NAMESPACE, name: string, form: Form]>> = {
  5: ["dc", "title", "Alt"],
  10: ["photoshop", "Urgency", "simple"],
  15: ["photoshop", "Category", "simple"],
  20: ["photoshop", "SupplementalCategories", "Bag"],
  25: ["dc", "subject", "Bag"],
  40: ["photoshop", "Instructions", "simple"],
  80: ["dc", "creator", "Seq"],
  85: ["photoshop", "AuthorsPosition", "simple"],
  90: ["photoshop", "City", "simple"],
  92: ["Iptc4xmpCore", "Location", "simple"],
  95: ["photoshop", "State", "simple"],
  100: ["Iptc4xmpCore", "CountryCode", "simple"],
  101: ["photoshop", "Country", "simple"],
  103: ["photoshop", "TransmissionReference", "simple"],
  105: ["photoshop", "Headline", "simple"],
  110: ["photoshop", "Credit", "simple"],
  115: ["photoshop", "Source", "simple"],
  116: ["dc", "rights", "Alt"],
  120: ["dc", "description", "Alt"],
  122: ["photoshop", "CaptionWriter", "simple"],
};

/** Data sets that describe the records themselves: their versions, the character set. */
const FORMAL = ["1:0", "1:90", "2:0"];

/** XMP with the properties of IPTC-IIM records, for a format that cannot hold these. */
export interface Translated {
  readonly xmp: string | undefined;
  /** Whether every data set has a property. */
  readonly isWhole: boolean;
}

/** Adds the properties of records to a packet, as far as it does not have them. */
export function withIptc(xmp: string | undefined, records: Buffer): Translated {
  const sets = dataSets(records);
  const isUtf8 = sets.some(({ id, data }) => id === "1:90" && data.toString("latin1") === "\x1b%G");
  const texts = new Map<number, string[]>();
  let isWhole = true;
  for (const { id, data } of sets) {
    const number = id.startsWith("2:") ? Number(id.slice(2)) : -1;
    if (PROPERTIES[number])
      texts.set(number, [...(texts.get(number) ?? []), data.toString(isUtf8 ? "utf8" : "latin1")]);
    else isWhole &&= FORMAL.includes(id);
  }
  const content = [...texts].flatMap(([number, values]) => {
    const [prefix, name, form] = PROPERTIES[number] as (typeof PROPERTIES)[number];
    return xmp !== undefined && found(xmp, NAMESPACE[prefix], name)
      ? []
      : `<${prefix}:${name}>${inForm(form, values.map(escaped))}</${prefix}:${name}>\n`;
  });
  const declarations = Object.entries(NAMESPACE).map(([prefix, namespace]) => ` xmlns:${prefix}="${namespace}"`);
  return { xmp: content.length === 0 ? xmp : withDescription(xmp, declarations.join(""), content.join("")), isWhole };
}

function inForm(form: Form, values: readonly string[]): string {
  if (form === "simple") return values.join("; ");
  const items = values.map((value) => `<rdf:li${form === "Alt" ? ' xml:lang="x-default"' : ""}>${value}</rdf:li>`);
  return `<rdf:${form}>${(form === "Alt" ? items.slice(0, 1) : items).join("")}</rdf:${form}>`;
}

function dataSets(records: Buffer): { id: string; data: Buffer }[] {
  const sets: { id: string; data: Buffer }[] = [];
  for (let at = 0; at + 5 <= records.length && records[at] === 0x1c; ) {
    const length = records.readUInt16BE(at + 3);
    sets.push({ id: `${records[at + 1]}:${records[at + 2]}`, data: records.subarray(at + 5, at + 5 + length) });
    at += 5 + length;
  }
  return sets;
}
