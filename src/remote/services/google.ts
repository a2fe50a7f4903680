import { z } from "zod";
import { endpointUrl, isLoopback } from "../endpoint.js";
import { MalformedAnswer, type Refusal, RefusedImage, refusalOfStatus } from "../faults.js";
import { Keys } from "../keys.js";
import type { ServiceKind } from "../service.js";
import { base64, bestFirst, featuresOf, labelOf, parsedAnswer, requireAbsent } from "./reading.js";

const KEYS = [{ name: "GOOGLE_API_KEY", local: "stand-in-key" }] as const;

/** Labels asked for of each feature. */
const MOST = 20;

/** The features with their prices in US dollars (https://cloud.google.com/vision/pricing, first tier). */
const features = {
  labels: { type: "LABEL_DETECTION", price: 0.0015 },
  objects: { type: "OBJECT_LOCALIZATION", price: 0.00225 },
  web: { type: "WEB_DETECTION", price: 0.0035 },
} as const;

const ErrorStatus = z.object({ code: z.number().optional(), message: z.string().optional() });

const Answer = z.object({
  responses: z
    .array(
      z.object({
        error: ErrorStatus.optional(),
        labelAnnotations: z.array(z.object({ description: z.string(), score: z.number() })).optional(),
        localizedObjectAnnotations: z.array(z.object({ name: z.string(), score: z.number() })).optional(),
        webDetection: z
          .object({
            webEntities: z
              .array(z.object({ description: z.string().optional(), score: z.number().optional() }))
              .optional(),
          })
          .optional(),
      }),
    )
    .length(1),
});

const Failure = z.object({
  error: z.object({
    message: z.string().optional(),
    status: z.string().optional(),
    details: z.array(z.object({ reason: z.string().optional() })).optional(),
  }),
});

/** Codes of google.rpc.Code in the response for an image after which the same request can succeed. */
const PASSING = [4, 8, 10, 13, 14];

/**
 * Google Cloud Vision, `images:annotate` (https://cloud.google.com/vision/docs/reference/rest/v1/images/annotate). Scores of web
 * entities are relevances, which Google does not normalize; above 1 they count as 1.
 */
export const google: ServiceKind = {
  name: "google",
  title: "Google Cloud Vision",
  async open({ endpoint, keyFile, features: given, model, candidates: _, serviceConfig }, env) {
    requireAbsent("google", { model, serviceConfig });
    const url = endpointUrl(endpoint, "https://vision.googleapis.com", "/v1/images:annotate");
    const keys = await Keys.read(KEYS, { isLocal: isLoopback(url), ...(keyFile && { keyFile }), ...(env && { env }) });
    const chosen = featuresOf(given, features, "labels");
    const asked = chosen.map((name) => ({ type: features[name].type, maxResults: MOST }));
    const settings = { features: chosen.join(", "), maxResults: MOST };
    return {
      ...{ name: "google", title: google.title, url, settings, keys, keyNames: KEYS },
      price: {
        perImage: chosen.reduce((sum, name) => sum + features[name].price, 0),
        basis: chosen.map((name) => `${name} $${(1000 * features[name].price).toFixed(2)} per 1000`).join(", "),
      },
      // 10 MB of JSON, in which base64 takes a third more than the bytes.
      limits: { bytes: 7_500_000, side: 1 },
      request: ({ bytes }) => ({
        headers: { "content-type": "application/json; charset=utf-8", "x-goog-api-key": keys.get("GOOGLE_API_KEY") },
        body: JSON.stringify({ requests: [{ image: { content: base64(bytes) }, features: asked }] }),
      }),
      labels(answer) {
        const [response] = parsedAnswer(Answer, answer).responses;
        const { error, labelAnnotations = [], localizedObjectAnnotations = [], webDetection } = response ?? {};
        if (error && PASSING.includes(error.code ?? 0))
          throw new MalformedAnswer(error.message ?? "error in the answer");
        if (error) throw new RefusedImage(error.message ?? "the image cannot be processed");
        return bestFirst([
          ...labelAnnotations.flatMap(({ description, score }) => labelOf(description, score)),
          ...localizedObjectAnnotations.flatMap(({ name, score }) => labelOf(name, score)),
          ...(webDetection?.webEntities ?? []).flatMap(({ description = "", score = 0 }) =>
            labelOf(description, score),
          ),
        ]);
      },
      refusal: refusalOf,
    };
  },
};

/** Errors are google.rpc.Status (https://cloud.google.com/apis/design/errors). */
function refusalOf(httpStatus: number, answer: unknown): Refusal {
  const { error = {} } = Failure.safeParse(answer).data ?? {};
  const { message: reason = "", status = "", details = [] } = error;
  const causes = details.map((detail) => detail.reason ?? "");
  if (causes.some((cause) => cause.startsWith("API_KEY")) || /api key (not valid|expired)/i.test(reason))
    return { kind: "key", reason };
  if (causes.includes("BILLING_DISABLED") || /billing/i.test(reason)) return { kind: "quota", reason };
  if (/quota/i.test(reason) && /per day|per month|daily/i.test(reason)) return { kind: "quota", reason };
  return status === "RESOURCE_EXHAUSTED" ? { kind: "busy", reason } : refusalOfStatus(httpStatus, reason);
}
