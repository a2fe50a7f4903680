import { createHash, randomUUID } from "node:crypto";
import { z } from "zod";
import { LEAST_CONFIDENCE } from "./labels.js";
import { equalSecrets } from "./secrets.js";
import { type Answer, hasContentType, jsonOf, type LabelImage, type Vendor } from "./vendor.js";

/*
 * Clarifai, prediction of version 2.
 * Request and response: https://docs.clarifai.com/api-guide/predict/images (up to 128 inputs, base64 or URL).
 * Status codes: https://docs.clarifai.com/resources/api-overview/status-codes.
 */

const MOST_INPUTS = 128;
/** Concepts that the general model returns. */
const MOST_CONCEPTS = 20;

const Body = z.object({
  inputs: z.array(
    z.object({
      id: z.string().optional(),
      data: z.object({ image: z.object({ base64: z.string().optional(), url: z.string().optional() }).optional() }),
    }),
  ),
  user_app_id: z.unknown().optional(),
  model: z.unknown().optional(),
});
type Input = z.output<typeof Body>["inputs"][number];

const statusOf = (code: number, description: string, details?: string) => ({
  code,
  description,
  ...(details !== undefined && { details }),
  req_id: randomUUID().replaceAll("-", ""),
});

const error = (status: number, code: number, description: string, details?: string): Answer => ({
  status,
  body: { status: statusOf(code, description, details) },
});

const OK = { code: 10_000, description: "Ok" } as const;
const MIXED = { code: 10_010, description: "Mixed Success" } as const;
const FAILURE = { code: 10_020, description: "Failure" } as const;

export const clarifai: Vendor = {
  name: "clarifai",
  contentType: "application/json",
  mostBytes: 128 * 2 ** 20,
  limits: { bytes: 20 * 2 ** 20, leastSide: 1, mostSide: 32_000, mostPixels: 1e8 },
  serves: ({ method, url }) =>
    method === "POST" &&
    /^\/v2\/(users\/[^/]+\/apps\/[^/]+\/)?models\/[^/]+\/(versions\/[^/]+\/)?outputs$/.test(url.pathname),
  refusal({ headers }, { key }) {
    const [, given] = /^(?:Key|Bearer) +(.+)$/i.exec(headers.authorization ?? "") ?? [];
    if (given === undefined)
      return error(401, 11_102, "Invalid request", "Missing Authorization header, expected: Authorization: Key PAT");
    if (equalSecrets(given, key)) return undefined;
    return error(401, 11_009, "API key not found", "API key or Personal Access Token not found.");
  },
  async answer(request, label) {
    if (!hasContentType(request, "application/json"))
      return error(400, 11_102, "Invalid request", "Content-Type must be application/json");
    const json = jsonOf(request);
    if (json === undefined) return error(400, 11_100, "Bad request format", "Malformed or invalid request");
    const { data, error: issue } = Body.safeParse(json);
    if (!data) return error(400, 11_100, "Bad request format", `Invalid value: ${issue.issues[0]?.path.join(".")}`);
    if (data.inputs.length === 0 || data.inputs.length > MOST_INPUTS)
      return error(400, 40_001, "Predict invalid request", `Expected 1 to ${MOST_INPUTS} inputs`);
    const outputs = [];
    for (const [index, input] of data.inputs.entries()) outputs.push(await outputOf(input, index, request.url, label));
    const right = outputs.filter(({ status }) => status.code === OK.code).length;
    const overall = right === outputs.length ? OK : right > 0 ? MIXED : FAILURE;
    return {
      status: overall === FAILURE ? 400 : 200,
      body: { status: statusOf(overall.code, overall.description), outputs },
    };
  },
  failure(kind) {
    if (kind === "not-found") return error(404, 11_101, "Resource does not exist", "Invalid API endpoint.");
    if (kind === "too-large") return error(413, 11_100, "Bad request format", "Request is too large");
    if (kind === "internal") return error(500, 98_004, "Internal server issue");
    if (kind === "quota") return error(429, 11_006, "Account limits exceeded", "You have exceeded your monthly limit.");
    return error(429, 11_005, "Too many requests", "You are making too many requests.");
  },
};

/** The output for one input. Its errors do not concern the other inputs of a request. */
async function outputOf({ id, data }: Input, index: number, url: URL, label: LabelImage) {
  const common = {
    id: randomUUID().replaceAll("-", ""),
    created_at: new Date().toISOString(),
    model: { id: /models\/([^/]+)/.exec(url.pathname)?.[1], model_type_id: "visual-classifier" },
    input: { id: id ?? String(index) },
  };
  if (data.image?.base64 === undefined)
    return { ...common, status: statusOf(30_002, "Download failed; check URL"), data: {} }; // needs another machine
  const found = await label(data.image.base64);
  if ("problem" in found) {
    const status =
      found.problem === "not-base64"
        ? statusOf(30_104, "Input invalid argument", "The image is not base64.")
        : statusOf(30_101, "Input has an unsupported format", `The image cannot be read: ${found.problem}.`);
    return { ...common, status, data: {} };
  }
  const concepts = found.labels
    .slice(0, MOST_CONCEPTS)
    .filter(({ confidence }) => confidence >= LEAST_CONFIDENCE)
    .map(({ name, confidence }) => ({ id: conceptId(name), name, value: confidence, app_id: "main" }));
  return { ...common, status: statusOf(OK.code, OK.description), data: { concepts } };
}

const conceptId = (name: string): string => `ai_${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
