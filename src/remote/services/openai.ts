import { z } from "zod";
import { endpointUrl, isLoopback } from "../endpoint.js";
import { MalformedAnswer, type Refusal, RefusedImage, refusalOfStatus } from "../faults.js";
import { Keys } from "../keys.js";
import type { Price, ServiceKind } from "../service.js";
import { base64, bestFirst, labelOf, parsedAnswer, requireAbsent } from "./reading.js";

const KEYS = [{ name: "OPENAI_API_KEY", local: "stand-in-key" }] as const;

const DEFAULT_MODEL = "gpt-4o-mini";

/** Labels asked for. */
const MOST = 5;

/** Of a strict schema: an enum of more than 250 names must have fewer than 15 000 characters. */
const MOST_ENUMERATED = 250;

/** Tokens of an image at low detail, and US dollars for a million (https://platform.openai.com/docs/pricing). */
const models: Readonly<Record<string, { readonly image: number; readonly input: number; readonly output: number }>> = {
  "gpt-4o-mini": { image: 2833, input: 0.15, output: 0.6 },
  "gpt-4o": { image: 85, input: 2.5, output: 10 },
  "gpt-4.1": { image: 85, input: 2, output: 8 },
};

/** Characters of English text for a token, and tokens of an answer. */
const [TOKEN, ANSWER_TOKENS] = [4, 100];

const Answer = z.object({
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
      }),
    )
    .min(1),
});
const Named = z.object({ labels: z.array(z.object({ name: z.string(), confidence: z.number() })) });
const Failure = z.object({
  error: z.object({ message: z.string().optional(), code: z.string().nullish(), type: z.string().nullish() }),
});

/**
 * Chat completions with an image and a strict JSON Schema
 * (https://platform.openai.com/docs/guides/structured-outputs and https://platform.openai.com/docs/guides/images-vision), as OpenAI
 * and servers compatible with it offer them. The confidences are what the model states.
 */
export const openai: ServiceKind = {
  name: "openai",
  title: "OpenAI-compatible chat completions",
  async open({ endpoint, keyFile, features, model = DEFAULT_MODEL, candidates = [], serviceConfig }, env) {
    requireAbsent("openai", { features, serviceConfig });
    const url = completionsUrl(endpoint);
    const keys = await Keys.read(KEYS, { isLocal: isLoopback(url), ...(keyFile && { keyFile }), ...(env && { env }) });
    const prompt = promptFor(candidates);
    const settings = { model, prompt, schema: schemaFor(candidates), ...sampling(model) };
    return {
      ...{ name: "openai", title: openai.title, url, settings, keys, keyNames: KEYS },
      price: priceOf(model, prompt),
      limits: { bytes: 20_000_000, side: 1 },
      request: ({ bytes, type }) => ({
        headers: { "content-type": "application/json", authorization: `Bearer ${keys.get("OPENAI_API_KEY")}` },
        body: JSON.stringify({
          ...{ model, ...sampling(model) },
          messages: [
            {
              role: "user",
              content: [
                { type: "text", text: prompt },
                { type: "image_url", image_url: { url: `data:${type};base64,${base64(bytes)}`, detail: "low" } },
              ],
            },
          ],
          response_format: {
            type: "json_schema",
            json_schema: { name: "labels", strict: true, schema: schemaFor(candidates) },
          },
        }),
      }),
      labels(answer) {
        const [choice] = parsedAnswer(Answer, answer).choices;
        const { content, refusal } = choice?.message ?? {};
        if (refusal) throw new RefusedImage(`the model refuses: ${refusal}`);
        if (choice?.finish_reason === "content_filter") throw new RefusedImage("the model's content filter refuses it");
        const { labels } = parsedAnswer(Named, jsonIn(content ?? ""));
        return bestFirst(labels.flatMap(({ name, confidence }) => labelOf(name, confidence)));
      },
      refusal: refusalOf,
    };
  },
};

/** A base URL such as https://host/v1 gets the path of completions. */
function completionsUrl(endpoint: string | undefined): URL {
  const url = endpointUrl(endpoint, "https://api.openai.com", "/v1/chat/completions");
  if (!url.pathname.endsWith("/chat/completions")) url.pathname = `${url.pathname.replace(/\/$/, "")}/chat/completions`;
  return url;
}

/** Models that reason accept no temperature. */
const sampling = (model: string) => (/^(o\d|gpt-5)/.test(model) ? {} : { temperature: 0 });

const promptFor = (candidates: readonly string[]): string =>
  candidates.length === 0
    ? `Name what the image shows, the main object first: at most ${MOST} labels, each with your confidence from 0 to 1.`
    : "Which of the following classes does the image show? Give the most probable ones first: at most " +
      `${MOST}, each exactly as it is written here, with your confidence from 0 to 1.\n${candidates.join("\n")}`;

const schemaFor = (candidates: readonly string[]) => {
  const names = [...new Set(candidates)];
  const name =
    names.length > 0 && names.length <= MOST_ENUMERATED ? { type: "string", enum: names } : { type: "string" };
  const label = {
    ...{ type: "object", additionalProperties: false, required: ["name", "confidence"] },
    properties: { name, confidence: { type: "number" } },
  };
  return {
    ...{ type: "object", additionalProperties: false, required: ["labels"] },
    properties: { labels: { type: "array", items: label } },
  };
};

function priceOf(model: string, prompt: string): Price {
  const known = models[model];
  if (!known) return { perImage: null, basis: `the price of ${model} is not known` };
  const { image, input, output } = known;
  const tokens = Math.ceil(image + prompt.length / TOKEN);
  return {
    perImage: (tokens * input + ANSWER_TOKENS * output) / 1e6,
    basis: `about ${tokens} + ${ANSWER_TOKENS} tokens of ${model} at $${input} and $${output} per million`,
  };
}

/** The JSON in a message; some servers put it into a block of code. @throws MalformedAnswer when there is none. */
function jsonIn(content: string): unknown {
  const [, inBlock = content] = /^\s*```(?:json)?\s*\n([\s\S]*?)\n\s*```\s*$/.exec(content) ?? [];
  try {
    return JSON.parse(inBlock);
  } catch {
    throw new MalformedAnswer("the model's message is not valid JSON");
  }
}

/** https://platform.openai.com/docs/guides/error-codes */
function refusalOf(status: number, answer: unknown): Refusal {
  const { message: reason = "", code, type } = Failure.safeParse(answer).data?.error ?? {};
  if (code === "insufficient_quota" || type === "insufficient_quota" || code === "billing_hard_limit_reached")
    return { kind: "quota", reason };
  if (code === "invalid_api_key") return { kind: "key", reason };
  if (code === "model_not_found") return { kind: "setting", reason };
  // Every image is sent in the same form, so that a parameter that is not accepted meets all of them.
  const concernsForm =
    code === "unsupported_parameter" || code === "unsupported_value" || code === "invalid_json_schema";
  return status === 400 && concernsForm ? { kind: "setting", reason } : refusalOfStatus(status, reason);
}
