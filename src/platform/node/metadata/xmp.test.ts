import assert from "node:assert/strict";
import { test } from "node:test";
import { parseXml } from "@rgrove/parse-xml";
import { correctedXmp, dividedXmp, isXmp, mergedXmp, withNote } from "./xmp.js";

const RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"';
const packet = (content: string, attributes = "") =>
  `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>\r\n<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF ${RDF}${attributes}>${content}</rdf:RDF></x:xmpmeta>\n   \n<?xpacket end='w'?>`;
const TIFF = 'xmlns:tiff="http://ns.adobe.com/tiff/1.0/"';
const change = { width: 64, height: 96, orientation: 6, scale: 2, isConverted: false };
const note = { software: "Legible 1.2.3", model: "a & b <1>.onnx", sha256: "ab".repeat(32), task: "sr", scale: 4 };

test("size and orientation are corrected in attributes and elements, with any prefix and quotes; the rest is kept", () => {
  const text = packet(
    `<rdf:Description rdf:about="" ${TIFF} tiff:Orientation = '6' tiff:Make="a > b" xmlns:e='http://ns.adobe.com/exif/1.0/' e:PixelXDimension="24"><e:PixelYDimension>\n32</e:PixelYDimension><tiff:Model>Ü 😀 tiff:Orientation="6"</tiff:Model></rdf:Description>`,
  );
  const expected = text.replace("= '6'", "= '1'").replace('Dimension="24"', 'Dimension="64"').replace(">\n32<", ">96<");
  assert.equal(correctedXmp(text, change), expected);
});

test("thumbnails, gain maps and the pointer to an extension are removed", () => {
  const text = packet(
    `<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:n="http://ns.adobe.com/xmp/note/" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" n:HasExtendedXMP="AB" hdrgm:Version="1.0" xmp:Rating="4"><xmp:Thumbnails><rdf:Alt><rdf:li>/9j/</rdf:li></rdf:Alt></xmp:Thumbnails></rdf:Description>`,
  );
  const result = correctedXmp(text, change);
  assert.ok(isXmp(result));
  assert.doesNotMatch(result, /HasExtendedXMP|Version="1.0"|\/9j\//);
  assert.match(result, /xmp:Rating="4"/);
});

test("the region of a face turns with the image, and the regions state its size", () => {
  const regions = (w: number, h: number, area: string) =>
    `<rdf:Description rdf:about="" xmlns:r="http://www.metadataworkinggroup.com/schemas/regions/" xmlns:d="http://ns.adobe.com/xap/1.0/sType/Dimensions#" xmlns:a="http://ns.adobe.com/xmp/sType/Area#"><r:Regions rdf:parseType="Resource"><r:AppliedToDimensions d:w="${w}" d:h="${h}" d:unit="pixel"/><r:RegionList><rdf:Bag><rdf:li><rdf:Description r:Name="Zoë"><r:Area ${area} a:unit="normalized"/></rdf:Description></rdf:li></rdf:Bag></r:RegionList></r:Regions></rdf:Description>`;
  // A face at the upper left of the stored image is at the upper right when it is turned clockwise.
  assert.equal(
    correctedXmp(packet(regions(48, 32, 'a:x="0.1" a:y="0.2" a:w="0.05" a:h="0.15"')), change),
    packet(regions(64, 96, 'a:x="0.8" a:y="0.1" a:w="0.15" a:h="0.05"')),
  );
  const elements = packet(
    regions(48, 32, 'a:w="0.1" a:h="0.1"').replace(/ d:w="48"([^>]*)\/>/, "$1><d:w>48</d:w></r:AppliedToDimensions>"),
  );
  assert.equal(correctedXmp(elements, change), elements.replace("<d:w>48", "<d:w>64").replace('d:h="32"', 'd:h="96"'));
});

test("a note is added to every form of packet, which stays well-formed and keeps its text", () => {
  for (const text of [
    undefined,
    packet(""),
    packet(`<rdf:Description rdf:about="uuid:1" ${TIFF} tiff:Make="x"/>`),
    `<rdf:RDF ${RDF}/>`,
    `<rdf:RDF ${RDF} />`,
    packet("", ' xmlns:stEvt="http://example.com/other/" xmlns:xmp="http://example.com/xmp/"'),
    packet(
      `<rdf:Description rdf:about="" xmlns:mm="http://ns.adobe.com/xap/1.0/mm/"><mm:History><rdf:Seq><rdf:li>x</rdf:li></rdf:Seq></mm:History></rdf:Description>`,
    ),
    packet(
      `<rdf:Description rdf:about="" xmlns:mm="http://ns.adobe.com/xap/1.0/mm/"><mm:History><rdf:Seq/></mm:History></rdf:Description>`,
    ),
  ]) {
    const result = withNote(text, note);
    parseXml(result);
    assert.equal(result.split("<stEvt:softwareAgent>Legible 1.2.3<").length, 2);
    assert.equal(result.split(":History>").length, 3); // its start and its end
    assert.match(result, new RegExp(`<legible:ModelSha256>${note.sha256}<`));
    assert.match(result, /digitalsourcetype\/algorithmicallyEnhanced/);
    assert.match(result, /<legible:Model>a &#38; b &#60;1&#62;\.onnx</);
    if (text?.includes("tiff:Make")) assert.match(result, /tiff:Make="x"[\s\S]*rdf:about="uuid:1"/);
    parseXml(withNote(result, note));
    assert.equal(withNote(result, note).split("Agent>Legible").length, 3);
    assert.equal(withNote(result, note).split("xmlns:legible").length, 2);
  }
});

test("the creator tool and the digital source type of the input are kept", () => {
  const result = withNote(
    packet(
      `<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Camera" xmlns:I="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><I:DigitalSourceType>print</I:DigitalSourceType></rdf:Description>`,
    ),
    note,
  );
  assert.doesNotMatch(result, /<xmp:CreatorTool>|<Iptc4xmpExt:DigitalSourceType>/);
  assert.match(result, /CreatorTool="Camera"[\s\S]*>print</);
});

test("an extension is merged with the namespaces it needs, and a long packet is divided into one", () => {
  const extension = `<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:far="http://example.com/far/"><rdf:RDF ${RDF}><rdf:Description rdf:about="" far:away="yes"/></rdf:RDF></x:xmpmeta>`;
  const merged = mergedXmp(packet(`<rdf:Description rdf:about="" ${TIFF} tiff:Make="x"/>`), extension);
  assert.match(merged, /<rdf:Description[^>]* xmlns:far="http:\/\/example.com\/far\/"[^>]* far:away="yes"/);
  const divided = dividedXmp(merged, () => "0".repeat(32));
  assert.match(divided.xmp, /<xmpNote:HasExtendedXMP>0{32}</);
  assert.ok(isXmp(divided.xmp) && isXmp(divided.extension.toString()));
  assert.ok(divided.extension.includes('tiff:Make="x"') && !divided.extension.includes("xpacket"));
});

test("what is not XMP is recognized", () => {
  for (const text of [
    "",
    "<a/>",
    packet("<rdf:Description>"),
    `<rdf:RDF ${RDF}>`,
    "<rdf:RDF/>",
    "\0\0",
    "<".repeat(1e5),
    "<a>".repeat(1e5),
  ])
    assert.equal(isXmp(text), false, text.slice(0, 50));
});
