import { z } from "zod";
import { UserError } from "../../errors.js";
import { endpointUrl, isLoopback } from "../endpoint.js";
import { type Refusal, refusalOfStatus } from "../faults.js";
import { Keys } from "../keys.js";
import type { ServiceKind } from "../service.js";
import { bestFirst, featuresOf, labelOf, parsedAnswer, requireAbsent } from "./reading.js";

const KEYS = [{ name: "AZURE_VISION_KEY", local: "stand-in-key" }] as const;

/** The features with their prices in US dollars (https://azure.microsoft.com/pricing/details/cognitive-services/computer-vision/, S1). */
const features = { tags: 0.001, caption: 0.0015 } as const;

const Confident = z.object({ name: z.string(), confidence: z.number() });
const Answer = z.object({
  tagsResult: z.object({ values: z.array(Confident) }).optional(),
  captionResult: z.object({ text: z.string(), confidence: z.number() }).optional(),
});
const Failure = z.object({ error: z.object({ code: z.string().optional(), message: z.string().optional() }) });

/**
 * Azure AI Vision, Image Analysis 4.0 (https://learn.microsoft.com/azure/ai-services/computer-vision/how-to/call-analyze-image-40).
 * A caption becomes a label after the tags: a sentence, which agrees only if every word does.
 */
export const azure: ServiceKind = {
  name: "azure",
  title: "Azure AI Vision",
  async open({ endpoint, keyFile, features: given, model, candidates: _, serviceConfig }, env) {
    requireAbsent("azure", { model, serviceConfig });
    if (endpoint === undefined)
      throw new UserError(
        "`endpoint` is required for the service azure: the URL of your resource, such as https://NAME.cognitiveservices.azure.com",
      );
    const chosen = featuresOf(given, features, "tags");
    const path = `/computervision/imageanalysis:analyze?api-version=2024-02-01&features=${chosen.join(",")}`;
    const url = endpointUrl(endpoint, "https://NAME.cognitiveservices.azure.com", path);
    const keys = await Keys.read(KEYS, { isLocal: isLoopback(url), ...(keyFile && { keyFile }), ...(env && { env }) });
    return {
      ...{ name: "azure", title: azure.title, url, settings: { features: chosen.join(", ") }, keys, keyNames: KEYS },
      price: {
        perImage: chosen.reduce((sum, name) => sum + features[name], 0),
        basis: chosen.map((name) => `${name} $${(1000 * features[name]).toFixed(2)} per 1000`).join(", "),
      },
      limits: { bytes: 4_000_000, side: 50 },
      request: ({ bytes }) => ({
        headers: {
          "content-type": "application/octet-stream",
          "ocp-apim-subscription-key": keys.get("AZURE_VISION_KEY"),
        },
        body: bytes,
      }),
      labels(answer) {
        const { tagsResult, captionResult } = parsedAnswer(Expected(chosen), answer);
        return [
          ...bestFirst((tagsResult?.values ?? []).flatMap(({ name, confidence }) => labelOf(name, confidence))),
          ...(captionResult ? labelOf(captionResult.text, captionResult.confidence) : []),
        ];
      },
      refusal: refusalOf,
    };
  },
};

/** An answer has a result for each feature. */
const Expected = (chosen: readonly string[]) =>
  Answer.refine(({ tagsResult }) => tagsResult || !chosen.includes("tags"), "tagsResult is missing").refine(
    ({ captionResult }) => captionResult || !chosen.includes("caption"),
    "captionResult is missing",
  );

function refusalOf(status: number, answer: unknown): Refusal {
  const { message: reason = "" } = Failure.safeParse(answer).data?.error ?? {};
  if (/out of call volume quota/i.test(reason)) return { kind: "quota", reason };
  if (/rate limit|call rate/i.test(reason) && status !== 401) return { kind: "busy", reason };
  // An unknown version or feature, and a caption in a region without captions, would meet every image.
  if (status === 400 && /api.?version|feature|region/i.test(reason)) return { kind: "setting", reason };
  return refusalOfStatus(status, reason);
}
