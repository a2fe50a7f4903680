import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { printable } from "../printable.js";
import type { ReportDocument } from "./document.js";
import { escaped } from "./markup.js";

/**
 * A report as one HTML file that loads nothing. Its policy allows its own script and style alone, by their hashes. Texts of
 * the document are data of that script: they cannot end it, and characters that would hide or reorder text are escaped.
 * The same document gives the same bytes.
 */
export async function reportPage(document: ReportDocument): Promise<string> {
  const [script, style, licenses] = await Promise.all(["page.js", "page.css", "LICENSES.txt"].map(pageFile));
  const code = inlineScript(script ?? "");
  const policy = [
    "default-src 'none'",
    "img-src data: blob:",
    `script-src '${hashOf(code)}'`,
    `style-src '${hashOf(style ?? "")}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy.join("; ")}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escaped(document.title)}</title>
<style>${style}</style>
</head>
<body>
<div id="report">
${document.warning === undefined ? "" : `<p class="warning">${escaped(document.warning)}</p>`}
<h1>${escaped(document.title)}</h1>
<p class="summary">${escaped(document.summary)}</p>
<noscript><p>Tables, plots and images need JavaScript, which is turned off.</p></noscript>
</div>
<script type="application/json" id="report-data">${jsonOf(document)}</script>
<script type="module">${code}</script>
<script type="text/plain" id="licenses">${withoutMarkup(licenses ?? "")}</script>
</body>
</html>
`;
}

/** A file of the page that was bundled beside this one. */
const pageFile = (name: string): Promise<string> => readFile(new URL(`page/${name}`, import.meta.url), "utf8");

const hashOf = (text: string): string => `sha256-${createHash("sha256").update(text).digest("base64")}`;

/** Code that does not end its element, and begins no comment of HTML: in strings the added backslash means nothing. */
const inlineScript = (code: string): string => code.replaceAll(/<(?=\/script|!--)/gi, "<\\");

/** JSON without a "<", so that no text in it is markup. */
function jsonOf(document: ReportDocument): string {
  const readable = (key: string, value: unknown) =>
    typeof value === "string" && key !== "image" ? printable(value) : value;
  return withoutMarkup(JSON.stringify(document, readable));
}

const withoutMarkup = (text: string): string => text.replaceAll("<", "\\u003c");
