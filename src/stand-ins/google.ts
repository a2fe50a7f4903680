import { z } from "zod";
import { type FoundLabel, LEAST_CONFIDENCE } from "./labels.js";
import { equalSecrets } from "./secrets.js";
import { type Answer, hasContentType, jsonOf, type LabelImage, type StandInRequest, type Vendor } from "./vendor.js";

/*
 * Google Cloud Vision, `images.annotate` of version 1.
 * Request and response: https://cloud.google.com/vision/docs/reference/rest/v1/images/annotate and .../v1/AnnotateImageResponse.
 * Keys: https://cloud.google.com/docs/authentication/api-keys-use. Limits: https://cloud.google.com/vision/quotas
 * (20 MB an image, 10 MB a request, 16 images a request) and https://cloud.google.com/vision/docs/supported-files.
 * Errors: https://cloud.google.com/apis/design/errors (google.rpc.Status).
 */

const MOST_IMAGES = 16;
/** The results of a feature that sets no `maxResults`. */
const DEFAULT_RESULTS = 10;

const featureTypes = [
  ...(["TYPE_UNSPECIFIED", "FACE_DETECTION", "LANDMARK_DETECTION", "LOGO_DETECTION", "LABEL_DETECTION"] as const),
  ...(["TEXT_DETECTION", "DOCUMENT_TEXT_DETECTION", "SAFE_SEARCH_DETECTION", "IMAGE_PROPERTIES"] as const),
  ...(["CROP_HINTS", "WEB_DETECTION", "PRODUCT_SEARCH", "OBJECT_LOCALIZATION"] as const),
];

const Features = z.array(
  z.object({
    type: z.enum(featureTypes),
    maxResults: z.number().int().nonnegative().optional(),
    model: z.string().optional(),
  }),
);
const Body = z.strictObject({
  requests: z.array(
    z.strictObject({
      image: z.strictObject({ content: z.string().optional(), source: z.unknown().optional() }).optional(),
      features: Features.optional(),
      imageContext: z.unknown().optional(),
    }),
  ),
  parent: z.string().optional(),
  labels: z.unknown().optional(),
});
type ImageRequest = z.output<typeof Body>["requests"][number];

/** An error of google.rpc.Status with the HTTP status of its code. */
const error = (
  code: number,
  status: string,
  message: string,
  reason?: string,
  headers?: Record<string, string>,
): Answer => ({
  status: code,
  body: { error: { code, message, status, ...(reason !== undefined && { details: [errorInfo(reason)] }) } },
  ...(headers && { headers }),
});

const errorInfo = (reason: string) => ({
  "@type": "type.googleapis.com/google.rpc.ErrorInfo",
  reason,
  domain: "googleapis.com",
  metadata: { service: "vision.googleapis.com" },
});

const invalid = (message: string) => error(400, "INVALID_ARGUMENT", message);

export const google: Vendor = {
  name: "google",
  contentType: "application/json; charset=UTF-8",
  mostBytes: 10 * 2 ** 20,
  limits: { bytes: 20 * 2 ** 20, leastSide: 1, mostSide: 65_535, mostPixels: 75e6 },
  serves: ({ method, url }) =>
    method === "POST" && /^\/v1\/(projects\/[^/]+(\/locations\/[^/]+)?\/)?images:annotate$/.test(url.pathname),
  refusal({ url, headers }, { key }) {
    const given = headers["x-goog-api-key"] ?? url.searchParams.get("key");
    if (given === null || given === "")
      return error(
        403,
        "PERMISSION_DENIED",
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form " +
          "of API consumer identity to call this API.",
      );
    if (equalSecrets(given, key)) return undefined;
    return error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", "API_KEY_INVALID");
  },
  async answer(request, label) {
    const problem = problemOf(request);
    if (typeof problem === "string") return invalid(problem);
    const responses = [];
    for (const each of problem.requests) responses.push(await annotate(each, label));
    return { status: 200, body: { responses } };
  },
  failure(kind) {
    if (kind === "not-found") return error(404, "NOT_FOUND", "Requested entity was not found.");
    if (kind === "too-large") return invalid("Request payload size exceeds the limit: 10485760 bytes.");
    if (kind === "internal") return error(500, "INTERNAL", "Internal error encountered.");
    const per = kind === "quota" ? "day" : "minute";
    return error(
      429,
      "RESOURCE_EXHAUSTED",
      `Quota exceeded for quota metric 'Requests' and limit 'Requests per ${per}' of service 'vision.googleapis.com' for ` +
        "consumer 'project_number:0'.",
      "RATE_LIMIT_EXCEEDED",
    );
  },
};

/** The request, or the message of the error that it gets. */
function problemOf(request: StandInRequest): z.output<typeof Body> | string {
  if (!hasContentType(request, "application/json")) return "Invalid content type; expected application/json.";
  const json = jsonOf(request);
  if (json === undefined) return "Invalid JSON payload received. Unexpected token.";
  const { data, error: issue } = Body.safeParse(json);
  if (!data) return `Invalid JSON payload received. Invalid value at '${issue.issues[0]?.path.join(".") ?? ""}'.`;
  if (data.requests.length > MOST_IMAGES)
    return `Too many images per request. The limit is ${MOST_IMAGES}, got ${data.requests.length}.`;
  return data;
}

/** The response for one image. Its errors do not concern the other images of a request. */
async function annotate({ image, features = [] }: ImageRequest, label: LabelImage): Promise<object> {
  if (image?.content === undefined || image.content === "") return { error: { code: 3, message: "No image present." } };
  if (features.length === 0) return { error: { code: 3, message: "Request must specify image and features." } };
  const found = await label(image.content);
  if ("problem" in found) return { error: { code: 3, message: "Bad image data." } };
  const shown = found.labels.filter(({ confidence }) => confidence >= LEAST_CONFIDENCE);
  const asked = new Map(features.map(({ type, maxResults }) => [type, maxResults || DEFAULT_RESULTS]));
  return Object.assign({}, ...[...asked].map(([type, most]) => annotationOf(type, shown.slice(0, most))));
}

/** The annotations of a feature; none for features that a classifier cannot serve. */
function annotationOf(type: string, labels: readonly FoundLabel[]): object {
  if (type === "LABEL_DETECTION")
    return {
      labelAnnotations: labels.map((label) => ({
        mid: midOf(label),
        description: label.name,
        score: label.confidence,
        topicality: label.confidence,
      })),
    };
  if (type === "WEB_DETECTION")
    return {
      webDetection: {
        webEntities: labels.map((label) => ({
          entityId: midOf(label),
          score: label.confidence,
          description: label.name,
        })),
        bestGuessLabels: labels.slice(0, 1).map(({ name }) => ({ label: name, languageCode: "en" })),
      },
    };
  if (type !== "OBJECT_LOCALIZATION") return {};
  return {
    localizedObjectAnnotations: labels.map((label) => ({
      mid: midOf(label),
      name: label.name,
      score: label.confidence,
      boundingPoly: { normalizedVertices: wholeImage },
    })),
  };
}

/** A classifier finds no boxes: each object is as large as the image. */
const wholeImage = [{}, { x: 1 }, { x: 1, y: 1 }, { y: 1 }];

const midOf = (label: FoundLabel): string => `/g/class_${label.class}`;
