/// <reference lib="dom" />
import { writeFile } from "node:fs/promises";
import sharp from "sharp";
import { openBrowser } from "./chromium.js";
import { PlaygroundPage, ServedPlayground } from "./playground-page.js";
import { repositoryPath } from "./shared.js";

/** The sample in the picture, by its place. */
const SAMPLE = 9;
/** Colors of the palette, which keeps the file small. */
const COLORS = 192;

/** Writes the picture of the playground in the README: the result of a sample, in light colors. */
async function writePicture(): Promise<void> {
  const [driven, served] = await Promise.all([openBrowser(), ServedPlayground.start()]);
  try {
    const opened = await PlaygroundPage.open(driven.browser, served.url, {
      viewport: { width: 1200, height: 900 },
      colorScheme: "light",
      serviceWorkers: "block",
    });
    await opened.ready();
    await opened.sample(SAMPLE);
    const { page } = opened;
    await page.evaluate(() => scrollTo(0, 0));
    const { y = 0, height = 0 } = (await page.locator("#result").boundingBox()) ?? {};
    const clip = { x: 0, y: 0, width: 1200, height: Math.ceil(y + height + 24) };
    const picture = await page.screenshot({ fullPage: true, clip });
    const small = await sharp(picture).png({ palette: true, colors: COLORS, effort: 10 }).toBuffer();
    await writeFile(repositoryPath("docs/images/playground.png"), small);
  } finally {
    await driven.end();
    await served.end();
  }
}

await writePicture();
