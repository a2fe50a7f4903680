import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import sharp from "sharp";
import { skipWithoutExiftool, type Tags, tagsOf, writeTags } from "../../testing/exiftool.js";
import { formulaImage } from "../../testing/images.js";
import { residualProcessor } from "../../testing/processors.js";
import { processorDigest } from "../gate/gate.js";
import { version } from "../platform/node/version.js";
import { Processor } from "../processors/processor.js";
import { enhance } from "./enhance.js";
import type { OutputFormat } from "./raster-codec.js";

const FORMATS: readonly OutputFormat[] = ["jpeg", "png", "webp", "tiff"];
const [width, height] = [48, 32];
const processor = new Processor(residualProcessor(2, 0));
const folder = mkdtempSync(join(tmpdir(), "legible-metadata-"));
const at = (name: string): string => join(folder, name);
const image = () => sharp(formulaImage(width, height).data, { raw: { width, height, channels: 3 } });

/** Tags as cameras and photographers write them. */
const TAGS = [
  ...["-IFD0:Make=Canon", "-IFD0:Model=EOS R5", "-IFD0:Artist=Zoë Müller", "-IFD0:Copyright=© Zoë"],
  ...["-IFD0:ImageDescription=A harbor", "-IFD0:Software=Firmware 1.2", "-IFD0:ModifyDate=2021:05:06 07:08:09"],
  ...["-ExifIFD:DateTimeOriginal=2021:05:06 07:08:09", "-ExifIFD:OffsetTimeOriginal=+02:00", "-ExifIFD:ISO=400"],
  ...["-ExifIFD:LensModel=RF24-70mm F2.8 L IS USM", "-ExifIFD:FNumber=2.8", "-ExifIFD:ExposureTime=0.004"],
  ...["-ExifIFD:UserComment=Grüße", `-ExifIFD:ExifImageWidth=${width}`, `-ExifIFD:ExifImageHeight=${height}`],
  ...["-ExifIFD:SubjectArea=12 8 6 4", "-GPS:GPSLatitude=48.137", "-GPS:GPSLatitudeRef=N", "-GPS:GPSLongitude=11.575"],
  ...["-GPS:GPSLongitudeRef=E", "-GPS:GPSAltitude=519.5", "-GPS:GPSAltitudeRef=0", "-GPS:GPSDateStamp=2021:05:06"],
  ...["-XMP-dc:Title=Hafen", "-XMP-dc:Subject=boat", "-XMP-dc:Subject=water & <light>", "-XMP-xmp:Rating=4"],
  ...["-XMP-photoshop:City=München", "-XMP-tiff:Orientation=6", `-XMP-exif:ExifImageWidth=${width}`],
  ...["-XMP-xmpMM:History={Action=saved,SoftwareAgent=Lightroom,When=2021:05:07 01:02:03}"],
  ...["-IPTC:Keywords=boat", "-IPTC:Keywords=Wasser", "-IPTC:City=Munich", "-IPTC:CaptionAbstract=A harbor"],
  ...["-IFD0:Orientation=6", "-n"],
];

/** In groups that are copied, tags that describe the file itself, and those that are corrected for the result. */
const CHANGED =
  /:(Orientation|ExifImage(Width|Height)|SubjectArea|Thumbnail\w*|CreatorTool|DigitalSourceType|History\w*|ExifByteOrder|YCbCrPositioning|Image(Width|Height)|ApplicationRecordVersion|CurrentIPTCDigest)$/;
/** Tags of the pixels and of the resolution in the main directory of a TIFF file. */
const STRUCTURAL =
  /^IFD0:(BitsPerSample|Compression|PhotometricInterpretation|Strip\w+|Planar\w+|SamplesPerPixel|RowsPerStrip|Predictor|SampleFormat|Tile\w+|SubfileType|PageNumber|FillOrder|[XY]Resolution|ResolutionUnit)$/;

const described = (tags: Tags, groups: RegExp) =>
  Object.fromEntries(
    Object.entries(tags).filter(([name]) => groups.test(name) && !CHANGED.test(name) && !STRUCTURAL.test(name)),
  );

const read: Record<string, Tags> = {};
const dropped: Record<string, readonly string[] | undefined> = {};

if (!skipWithoutExiftool)
  before(async () => {
    const inputs = FORMATS.map((format) => at(`in.${format}`));
    for (const format of FORMATS)
      writeFileSync(
        at(`in.${format}`),
        await image()
          .withIccProfile("p3")
          .toFormat(format, format === "tiff" ? { compression: "deflate" } : {})
          .toBuffer(),
      );
    writeFileSync(at("thumbnail"), await image().resize(24, 16).jpeg().toBuffer());
    writeTags([...TAGS, `-ThumbnailImage<=${at("thumbnail")}`], [at("in.jpeg")]);
    writeTags(["-tagsFromFile", at("in.jpeg"), "-all:all", "-n"], inputs.slice(1));
    const outputs = [];
    for (const from of FORMATS)
      for (const to of FORMATS) {
        const { data, droppedMetadata } = await enhance(processor, readFileSync(at(`in.${from}`)), { format: to });
        outputs.push(at(`${from}.${to}`));
        dropped[`${from}.${to}`] = droppedMetadata;
        writeFileSync(at(`${from}.${to}`), data);
      }
    const { data } = await enhance(processor, readFileSync(at("jpeg.png")), { format: "jpeg" });
    writeFileSync(at("twice.jpeg"), data);
    for (const format of FORMATS) {
      const { data } = await enhance(processor, readFileSync(at(`in.${format}`)), { metadata: "strip" });
      writeFileSync(at(`stripped.${format}`), data);
      outputs.push(at(`stripped.${format}`));
    }
    for (const tags of tagsOf([...inputs, ...outputs, at("twice.jpeg")]))
      read[String(tags.SourceFile).slice(folder.length + 1)] = tags;
  });

const tagsIn = (name: string): Tags => read[name] as Tags;
const oracle = { skip: skipWithoutExiftool };

for (const from of FORMATS)
  for (const to of FORMATS) {
    test(`EXIF, GPS, XMP and IPTC of a ${from} file are in the enhanced ${to} file as they were`, oracle, () => {
      const groups =
        to === "webp" || from === "webp" ? /^(IFD0|ExifIFD|GPS|XMP-\w+):/ : /^(IFD0|ExifIFD|GPS|XMP-\w+|IPTC):/;
      const expected = described(tagsIn(`in.${from}`), groups);
      const found = tagsIn(`${from}.${to}`);
      assert.ok(Object.keys(expected).length >= 25, `${Object.keys(expected)}`);
      assert.deepEqual({ ...described(found, groups), ...expected }, described(found, groups));
      assert.equal(found["GPS:GPSLatitude"], 48.137);
      assert.equal(found["ExifTool:Warning"] ?? found["ExifTool:Error"], undefined);
      const lost = to === "webp" && from !== "webp" ? ["IPTC"] : undefined;
      assert.deepEqual(dropped[`${from}.${to}`], lost);
    });

    test(
      `a ${from} file of orientation 6 becomes an upright ${to} file that states its size, without the old thumbnail`,
      oracle,
      () => {
        const found = tagsIn(`${from}.${to}`);
        assert.deepEqual(
          [found["File:ImageWidth"] ?? found["PNG:ImageWidth"] ?? found["RIFF:ImageWidth"] ?? found["IFD0:ImageWidth"]],
          [2 * height],
        );
        assert.deepEqual([found["IFD0:Orientation"], found["XMP-tiff:Orientation"]], [1, 1]);
        assert.deepEqual([found["ExifIFD:ExifImageWidth"], found["ExifIFD:ExifImageHeight"]], [2 * height, 2 * width]);
        assert.equal(found["XMP-exif:ExifImageWidth"], 2 * height);
        assert.equal(found["ExifIFD:SubjectArea"], `${2 * (height - 8)} 24 8 12`); // (x, y) becomes (height - y, x)
        assert.ok(!Object.keys(found).some((name) => /Thumbnail|IFD1|Preview/.test(name)));
      },
    );
  }

test(
  "XMP states software, model, its SHA-256 and the digital source type, after the history of the input",
  oracle,
  () => {
    for (const format of FORMATS) {
      const found = tagsIn(`jpeg.${format}`);
      assert.deepEqual(found["XMP-xmpMM:HistorySoftwareAgent"], ["Lightroom", `Legible ${version}`]);
      assert.equal(found["XMP-xmpMM:HistoryModelSha256"], processorDigest(processor));
      assert.match(String(found["XMP-iptcExt:DigitalSourceType"]), /digitalsourcetype\/algorithmicallyEnhanced$/);
      assert.equal(found["XMP-xmp:CreatorTool"], `Legible ${version}`);
    }
    const agents = tagsIn("twice.jpeg")["XMP-xmpMM:HistorySoftwareAgent"];
    assert.deepEqual(agents, ["Lightroom", `Legible ${version}`, `Legible ${version}`]);
  },
);

test("a stripped file has its color profile and no EXIF, GPS, XMP, IPTC or provenance", oracle, () => {
  for (const format of FORMATS) {
    const names = Object.keys(tagsIn(`stripped.${format}`));
    assert.ok(names.includes("ICC_Profile:ProfileDescription") || names.some((name) => name.startsWith("ICC_")));
    assert.deepEqual(
      names.filter((name) => /^(ExifIFD|GPS|XMP|IPTC|IFD1|Photoshop)/.test(name)),
      [],
    );
    if (format !== "tiff")
      assert.deepEqual(
        names.filter((name) => /^IFD0/.test(name) && !STRUCTURAL.test(name)),
        [],
      );
    assert.ok(!/Canon|Hafen|Legible|boat/.test(readFileSync(at(`stripped.${format}`), "latin1")));
  }
});

test("the pixels are the same with and without metadata", oracle, async () => {
  for (const format of FORMATS) {
    const pixels = (name: string) => sharp(at(name), { ignoreIcc: true }).raw().toBuffer();
    assert.deepEqual(await pixels(`${format}.${format}`), await pixels(`stripped.${format}`));
  }
});
