import type { Image } from "../images/image.js";
import { escaped } from "./markup.js";
import { contactSheet } from "./sheet.js";

/** One of the results that are compared. */
export interface ComparedResult {
  readonly name: string;
  readonly image: Image;
  /** Remarks on it, one line each, such as what a recognizer predicts. */
  readonly remarks: readonly string[];
}

/** The results side by side as one image, with names above and remarks below. */
export const comparisonSheet = (results: readonly ComparedResult[]): Image =>
  contactSheet([results.map(({ image }) => image)], {
    headings: results.map(({ name }) => name),
    captions: [results.map(({ remarks }) => remarks.join("\n"))],
  });

/**
 * The results as a page that needs no other file.
 * @param encode makes a PNG file of an image.
 */
export async function comparisonPage(
  title: string,
  results: readonly ComparedResult[],
  encode: (image: Image) => Promise<Buffer>,
): Promise<string> {
  const figures = await Promise.all(results.map((result) => figureOf(result, encode)));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escaped(title)}</title>
<style>
body { font: 14px system-ui, sans-serif; margin: 1rem }
main { display: flex; flex-wrap: wrap; gap: 1rem }
figure { margin: 0; max-width: 100% }
img { max-width: 100%; display: block }
</style>
<h1>${escaped(title)}</h1>
<main>
${figures.join("\n")}
</main>
</html>
`;
}

async function figureOf(
  { name, image, remarks }: ComparedResult,
  encode: (image: Image) => Promise<Buffer>,
): Promise<string> {
  const { width, height } = image;
  const data = (await encode(image)).toString("base64");
  const lines = [`<strong>${escaped(name)}</strong>`, ...remarks.map(escaped)].join("<br>");
  return `<figure><img src="data:image/png;base64,${data}" width="${width}" height="${height}" alt="${escaped(name)}"><figcaption>${lines}</figcaption></figure>`;
}
