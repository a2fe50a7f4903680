import { randomUUID } from "node:crypto";
import { z } from "zod";
import { answerContent, schemaProblem } from "./chat-answer.js";
import type { ImageProblem } from "./received-image.js";
import { equalSecrets } from "./secrets.js";
import { type Answer, hasContentType, jsonOf, type StandInRequest, type Vendor } from "./vendor.js";

/*
 * OpenAI, chat completions with an image.
 * Request and response: https://platform.openai.com/docs/api-reference/chat/create.
 * Images (PNG, JPEG, WEBP and GIF as URL or data URL): https://platform.openai.com/docs/guides/images-vision.
 * Answers in a JSON Schema: https://platform.openai.com/docs/guides/structured-outputs.
 * Errors: https://platform.openai.com/docs/guides/error-codes.
 */

const Part = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text"), text: z.string() }),
  z.object({ type: z.literal("image_url"), image_url: z.object({ url: z.string(), detail: z.string().optional() }) }),
]);
const Message = z.object({
  role: z.enum(["system", "developer", "user", "assistant"]),
  content: z.union([z.string(), z.array(Part)]),
});
const Body = z.object({
  model: z.string().min(1),
  messages: z.array(Message).min(1),
  response_format: z
    .discriminatedUnion("type", [
      z.object({ type: z.literal("text") }),
      z.object({ type: z.literal("json_object") }),
      z.object({
        type: z.literal("json_schema"),
        json_schema: z.object({
          name: z.string().regex(/^[\w-]{1,64}$/),
          schema: z.record(z.string(), z.unknown()),
          strict: z.boolean().nullish(),
        }),
      }),
    ])
    .default({ type: "text" }),
  stream: z.literal(false).nullish(),
});
type Body = z.output<typeof Body>;

const error = (
  status: number,
  type: string,
  code: string | null,
  message: string,
  param: string | null = null,
): Answer => ({
  status,
  body: { error: { message, type, param, code } },
});

const invalid = (message: string, param: string | null = null, code: string | null = null) =>
  error(400, "invalid_request_error", code, message, param);

const imageErrors: Readonly<Record<ImageProblem["problem"], () => Answer>> = {
  "not-base64": () => invalid("Invalid base64 image_url.", null, "invalid_base64"),
  format: () =>
    invalid("You uploaded an unsupported image. Please make sure your image is valid.", null, "invalid_image_format"),
  "too-small": () => invalid("The image is too small.", null, "image_too_small"),
  "too-large": () => invalid("The image is too large.", null, "image_too_large"),
};

export const openai: Vendor = {
  name: "openai",
  contentType: "application/json",
  mostBytes: 50 * 2 ** 20,
  limits: { bytes: 20 * 2 ** 20, leastSide: 1, mostSide: 32_000, mostPixels: 1e8 },
  serves: ({ method, url }) => method === "POST" && url.pathname === "/v1/chat/completions",
  refusal({ headers }, { key }) {
    const [, given] = /^Bearer +(.+)$/i.exec(headers.authorization ?? "") ?? [];
    if (given === undefined)
      return error(
        401,
        "invalid_request_error",
        null,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth.",
      );
    if (equalSecrets(given, key)) return undefined;
    return error(
      401,
      "invalid_request_error",
      "invalid_api_key",
      "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.",
    );
  },
  async answer(request, label) {
    const body = bodyOf(request);
    if ("status" in body) return body;
    const parts = body.messages.flatMap(({ content }) => (typeof content === "string" ? [] : content));
    const urls = parts.flatMap((part) => (part.type === "image_url" ? [part.image_url.url] : []));
    const [url, ...others] = urls;
    if (url === undefined || others.length > 0)
      return invalid("This stand-in answers messages with one image.", "messages");
    const [, base64] = /^data:image\/(?:png|jpe?g);base64,(.*)$/is.exec(url) ?? [];
    if (base64 === undefined)
      return invalid(
        "Invalid image URL. Expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU=').",
        "messages",
        "invalid_image_url",
      );
    const found = await label(base64);
    if ("problem" in found) return imageErrors[found.problem]();
    return { status: 200, body: completion(body, answerContent(textOf(body), body.response_format, found.labels)) };
  },
  failure(kind) {
    if (kind === "not-found") return error(404, "invalid_request_error", null, "Invalid URL.");
    if (kind === "too-large") return error(413, "invalid_request_error", null, "Request is too large.");
    if (kind === "internal")
      return error(500, "server_error", null, "The server had an error while processing your request.");
    if (kind === "quota")
      return error(
        429,
        "insufficient_quota",
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details.",
      );
    return error(429, "requests", "rate_limit_exceeded", "Rate limit reached for requests. Please try again in 1s.");
  },
};

/** The body of a request, or the error that it gets. */
function bodyOf(request: StandInRequest): Body | Answer {
  if (!hasContentType(request, "application/json"))
    return invalid(
      "Unsupported content type. This API method only accepts 'application/json' requests.",
      null,
      "unsupported_content_type",
    );
  const json = jsonOf(request);
  if (json === undefined) return invalid("We could not parse the JSON body of your request.");
  const { data, error: issue } = Body.safeParse(json);
  if (data) return formatProblem(data) ?? data;
  const param = issue.issues[0]?.path.join(".") ?? "";
  return invalid(`Invalid value for '${param}'.`, param, "invalid_value");
}

/** Most characters of the text of a request. */
const MOST_TEXT = 2 ** 20;

/** The error of a request whose schema or text exceeds the limits. */
function formatProblem(body: Body): Answer | undefined {
  const format = body.response_format;
  const problem = format.type === "json_schema" ? schemaProblem(format.json_schema.schema) : undefined;
  if (problem !== undefined) return invalid(`Invalid schema for response_format: ${problem}.`, "response_format");
  if (textOf(body).length <= MOST_TEXT) return undefined;
  return invalid("This model's maximum context length is exceeded.", "messages", "context_length_exceeded");
}

/** All text of the messages. */
const textOf = ({ messages }: Body): string =>
  messages
    .flatMap(({ content }) =>
      typeof content === "string" ? [content] : content.map((part) => (part.type === "text" ? part.text : "")),
    )
    .join("\n");

function completion({ model }: Body, content: string): object {
  // A stand-in has no tokenizer. The numbers are rough: 4 characters a token, 255 tokens an image.
  const tokens = { prompt_tokens: 255, completion_tokens: Math.ceil(content.length / 4) };
  return {
    id: `chatcmpl-${randomUUID().replaceAll("-", "")}`,
    object: "chat.completion",
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [
      { index: 0, message: { role: "assistant", content, refusal: null }, logprobs: null, finish_reason: "stop" },
    ],
    usage: { ...tokens, total_tokens: tokens.prompt_tokens + tokens.completion_tokens },
  };
}
