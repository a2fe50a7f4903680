import { parseXml, XmlElement, XmlError } from "@rgrove/parse-xml";

const RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

/** A top-level property of an XMP packet: an attribute of an rdf:Description, or an element in one. */
export interface Property {
  readonly namespace: string;
  readonly name: string;
  /** The element; undefined for an attribute. */
  readonly element: XmlElement | undefined;
  /** Where the attribute or element is in the text. */
  readonly start: number;
  readonly end: number;
  /** Where its simple value or the content of its element is in the text. */
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** A replacement in a text. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** An XMP packet as text, changed in place so that what is not understood is kept. Reference: ISO 16684-1, section 7. */
export class XmpDocument {
  private constructor(
    readonly text: string,
    private readonly rdf: XmlElement,
  ) {}

  /** Undefined if the text is no well-formed XML with rdf:RDF. */
  static parse(text: string): XmpDocument | undefined {
    try {
      const { root } = parseXml(text, { includeOffsets: true });
      const rdf =
        root && (isNamed(root, RDF, "RDF") ? root : elementsOf(root).find((child) => isNamed(child, RDF, "RDF")));
      return rdf ? new XmpDocument(text, rdf) : undefined;
    } catch (error) {
      if (error instanceof XmlError || error instanceof RangeError) return undefined; // a RangeError: nested too deeply
      throw error;
    }
  }

  private get descriptions(): XmlElement[] {
    return elementsOf(this.rdf).filter((child) => isNamed(child, RDF, "Description"));
  }

  /** Without the processing instructions around it. */
  get rootText(): string {
    const { root } = this.rdf.document ?? {};
    return root ? this.text.slice(root.start, root.end) : this.text;
  }

  /** Its descriptions, each with the namespaces that are declared around it. */
  get descriptionTexts(): string[] {
    return this.descriptions.map((description) => {
      const own = description.attributes;
      const around = {
        ...(this.rdf.parent instanceof XmlElement && this.rdf.parent.attributes),
        ...this.rdf.attributes,
      };
      const declarations = Object.entries(around)
        .filter(([name]) => name.startsWith("xmlns") && own[name] === undefined)
        .map(([name, value]) => ` ${name}="${value}"`);
      const nameEnd = description.start + 1 + description.name.length;
      const head = this.text.slice(description.start, nameEnd);
      return head + declarations.join("") + this.text.slice(nameEnd, description.end);
    });
  }

  /** What the packet describes: the value of rdf:about, which all its descriptions share. */
  get about(): string {
    for (const description of this.descriptions)
      for (const { namespace, name, valueStart, valueEnd } of this.attributesOf(description))
        if (name === "about" && (namespace === RDF || namespace === "")) return this.text.slice(valueStart, valueEnd);
    return "";
  }

  get properties(): Property[] {
    return this.descriptions.flatMap((description) => [
      ...this.attributesOf(description),
      ...elementsOf(description).map((element) => this.propertyOf(element)),
    ]);
  }

  /** The attributes and the elements without children within an element, at any depth. */
  valuesWithin(element: XmlElement): Property[] {
    const children = elementsOf(element);
    const own = children.length === 0 ? [this.propertyOf(element)] : [];
    return [...this.attributesOf(element), ...own, ...children.flatMap((child) => this.valuesWithin(child))];
  }

  /** The elements of a name within an element, at any depth. */
  elementsWithin(element: XmlElement, namespace: string, name: string): XmlElement[] {
    return elementsOf(element).flatMap((child) => [
      ...(isNamed(child, namespace, name) ? [child] : []),
      ...this.elementsWithin(child, namespace, name),
    ]);
  }

  /** The namespace of a prefix that rdf:RDF declares. */
  declared(prefix: string): string | undefined {
    return this.rdf.attributes[`xmlns:${prefix}`];
  }

  /** An edit that adds attributes to rdf:RDF. */
  attributed(attributes: string): Edit {
    const at = this.rdf.start + 1 + this.rdf.name.length;
    return { start: at, end: at, text: attributes };
  }

  /** An edit that adds content at the end of an element. */
  appended(element: XmlElement, content: string): Edit {
    const { end, isEmpty } = this.contentOf(element);
    return isEmpty
      ? { start: end, end: element.end, text: `>${content}</${element.name}>` }
      : { start: end, end, text: content };
  }

  /** An edit that adds descriptions at the end of the packet. */
  described(content: string): Edit {
    return this.appended(this.rdf, content);
  }

  /** The children of a property's element with a name, one level down. */
  static childOf(element: XmlElement, name: string): XmlElement | undefined {
    return elementsOf(element).find((child) => isNamed(child, RDF, name));
  }

  private propertyOf(element: XmlElement): Property {
    const { start, end } = this.contentOf(element);
    const { namespace, name } = resolved(element, element.name);
    return { namespace, name, element, start: element.start, end: element.end, valueStart: start, valueEnd: end };
  }

  private attributesOf(element: XmlElement): Property[] {
    return attributeSpans(this.text, element).map(({ name: full, ...span }) => {
      const { namespace, name } = resolved(element, full, false);
      return { namespace, name, element: undefined, ...span };
    });
  }

  /** Where the content of an element is; before its "/" if it is written as an empty element. */
  private contentOf(element: XmlElement): { start: number; end: number; isEmpty: boolean } {
    const attributes = attributeSpans(this.text, element);
    const close = this.text.indexOf(">", attributes.at(-1)?.end ?? element.start + 1 + element.name.length);
    if (this.text[close - 1] === "/") return { start: close - 1, end: close - 1, isEmpty: true };
    return { start: close + 1, end: this.text.lastIndexOf("</", element.end - 1), isEmpty: false };
  }
}

/** The text with all replacements, which do not overlap. */
export function edited(text: string, edits: readonly Edit[]): string {
  let result = text;
  for (const { start, end, text: by } of [...edits].sort((a, b) => b.start - a.start || b.end - a.end))
    result = result.slice(0, start) + by + result.slice(end);
  return result;
}

const elementsOf = ({ children }: XmlElement): XmlElement[] =>
  children.filter((child): child is XmlElement => child instanceof XmlElement);

const isNamed = (element: XmlElement, namespace: string, name: string): boolean => {
  const own = resolved(element, element.name);
  return own.namespace === namespace && own.name === name;
};

/** Namespace and local name of a qualified name within an element. Attributes have no default namespace. */
function resolved(element: XmlElement, full: string, hasDefault = true): { namespace: string; name: string } {
  const colon = full.indexOf(":");
  const [prefix, name] = colon < 0 ? ["", full] : [full.slice(0, colon), full.slice(colon + 1)];
  if (prefix === "" && !hasDefault) return { namespace: "", name };
  const declaration = prefix === "" ? "xmlns" : `xmlns:${prefix}`;
  for (let at: XmlElement | null = element; at; at = at.parent instanceof XmlElement ? at.parent : null) {
    const namespace = at.attributes[declaration];
    if (namespace !== undefined) return { namespace, name };
  }
  return { namespace: "", name };
}

const ATTRIBUTE = /\s*([^\s=/<>"']+)\s*=\s*("[^"]*"|'[^']*')/y;

/** Where the attributes of an element are in the text, with their qualified names. */
function attributeSpans(text: string, { start, name }: XmlElement) {
  const spans: { name: string; start: number; end: number; valueStart: number; valueEnd: number }[] = [];
  ATTRIBUTE.lastIndex = start + 1 + name.length;
  for (let match = ATTRIBUTE.exec(text); match; match = ATTRIBUTE.exec(text)) {
    const end = ATTRIBUTE.lastIndex;
    const value = match[2] as string;
    spans.push({
      name: match[1] as string,
      start: match.index,
      end,
      valueStart: end - value.length + 1,
      valueEnd: end - 1,
    });
  }
  return spans;
}
