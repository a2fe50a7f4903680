import { type FoundLabel, LEAST_CONFIDENCE } from "./labels.js";
import type { ImageProblem } from "./received-image.js";
import { equalSecrets } from "./secrets.js";
import { type Answer, hasContentType, type StandInRequest, type Vendor } from "./vendor.js";

/*
 * Azure AI Vision, Image Analysis 4.0.
 * Request and response: https://learn.microsoft.com/azure/ai-services/computer-vision/how-to/call-analyze-image-40 and
 * https://learn.microsoft.com/azure/ai-services/computer-vision/concept-tag-images-40.
 * Limits: https://learn.microsoft.com/azure/ai-services/computer-vision/overview-image-analysis (20 MB, 50 to 16 000 pixels a side).
 */

const versions = ["2023-04-01-preview", "2023-10-01", "2024-02-01"];
const features = ["tags", "caption", "denseCaptions", "objects", "read", "smartCrops", "people"];

const error = (status: number, code: string, message: string, inner?: { code: string; message: string }): Answer => ({
  status,
  body: { error: { code, message, ...(inner && { innererror: inner }) } },
});

/** An error of a request, with the more specific code of Azure inside. */
const invalid = (code: string, message: string, status = 400): Answer =>
  error(status, "InvalidRequest", message, { code, message });

const imageErrors: Readonly<Record<ImageProblem["problem"], () => Answer>> = {
  "not-base64": () => invalid("InvalidImageFormat", "Image format is not valid."),
  format: () => invalid("InvalidImageFormat", "Image format is not valid."),
  "too-small": () => invalid("InvalidImageSize", "Image must be at least 50 pixels in width and height"),
  "too-large": () => invalid("InvalidImageSize", "Image size is too big."),
};

export const azure: Vendor = {
  name: "azure",
  contentType: "application/json; charset=utf-8",
  mostBytes: 20 * 2 ** 20,
  limits: { bytes: 20 * 2 ** 20, leastSide: 50, mostSide: 16_000, mostPixels: 1e8 },
  serves: ({ method, url }) => method === "POST" && url.pathname === "/computervision/imageanalysis:analyze",
  refusal({ headers }, { key }) {
    const given = headers["ocp-apim-subscription-key"];
    if (given !== undefined && equalSecrets(given, key)) return undefined;
    return error(
      401,
      "401",
      "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active " +
        "subscription and use a correct regional API endpoint for your resource.",
    );
  },
  async answer(request, label) {
    const { url, body } = request;
    const version = url.searchParams.get("api-version");
    if (version === null) return error(404, "404", "Resource not found");
    if (!versions.includes(version))
      return invalid("UnsupportedApiVersion", `API version ${version} is not supported.`);
    const asked = (url.searchParams.get("features") ?? "").split(",").map((feature) => feature.trim().toLowerCase());
    const known = features.map((feature) => feature.toLowerCase());
    if (!asked.every((feature) => known.includes(feature)))
      return invalid("InvalidParameter", `Feature names are expected in "features": ${features.join(", ")}.`);
    const problem = contentProblem(request);
    if (problem) return problem;
    const found = await label(body);
    if ("problem" in found) return imageErrors[found.problem]();
    const shown = found.labels.filter(({ confidence }) => confidence >= LEAST_CONFIDENCE);
    const { width, height } = found.image;
    return {
      status: 200,
      body: {
        modelVersion: "2023-10-01",
        ...(asked.includes("caption") && { captionResult: captionOf(shown) }),
        metadata: { width, height },
        ...(asked.includes("tags") && {
          tagsResult: { values: shown.map(({ name, confidence }) => ({ name, confidence })) },
        }),
      },
    };
  },
  failure(kind) {
    if (kind === "not-found") return error(404, "404", "Resource not found");
    if (kind === "too-large") return invalid("InvalidImageSize", "Image size is too big.", 413);
    if (kind === "internal") return error(500, "InternalServerError", "Internal server error.");
    if (kind === "quota")
      return error(403, "403", "Out of call volume quota. Quota will be replenished in 20.12:00:00.");
    return error(
      429,
      "429",
      "Requests to the ImageAnalysis_AnalyzeImage Operation under Computer Vision API have exceeded call rate limit of your " +
        "current pricing tier. Please retry after 1 second.",
    );
  },
};

/** The error of a body that is no image in bytes. */
function contentProblem(request: StandInRequest): Answer | undefined {
  if (hasContentType(request, "application/json")) return invalid("InvalidImageUrl", "Image URL is not accessible."); // it would need a request to another machine
  if (hasContentType(request, "application/octet-stream", "image/jpeg", "image/png")) return undefined;
  return invalid("UnsupportedMediaType", "Supported media types: application/octet-stream, application/json.", 415);
}

/** A caption in the form of the service's, from the top label. */
function captionOf([top]: readonly FoundLabel[]): { text: string; confidence: number } {
  const name = top?.name ?? "picture";
  return { text: `${/^[aeiou]/i.test(name) ? "an" : "a"} ${name}`, confidence: top?.confidence ?? 0 };
}
