import { z } from "zod";
import { endpointUrl, isLoopback } from "../endpoint.js";
import { MalformedAnswer, type Refusal, RefusedImage, refusalOfStatus } from "../faults.js";
import { Keys } from "../keys.js";
import type { ServiceKind } from "../service.js";
import { base64, bestFirst, labelOf, parsedAnswer, requireAbsent } from "./reading.js";

const KEYS = [{ name: "CLARIFAI_PAT", local: "stand-in-key" }] as const;

const DEFAULT_MODEL = "general-image-recognition";

const Status = z.object({
  code: z.number(),
  description: z.string().optional(),
  details: z.string().optional(),
});
const Answer = z.object({
  status: Status,
  outputs: z
    .array(
      z.object({
        status: Status.optional(),
        data: z.object({ concepts: z.array(z.object({ name: z.string(), value: z.number() })).optional() }).nullish(),
      }),
    )
    .length(1),
});

/** Codes of success, and of an input that cannot be processed. */
const [SUCCESS, INPUT_FAILURES] = [10_000, /^30\d{3}$/];

/**
 * Clarifai, outputs of a model of concepts (https://docs.clarifai.com/api-guide/predict/images). `model` is the name of one of
 * Clarifai's own models, or "USER/APP/MODEL".
 */
export const clarifai: ServiceKind = {
  name: "clarifai",
  title: "Clarifai",
  async open({ endpoint, keyFile, features, model = DEFAULT_MODEL, candidates: _, serviceConfig }, env) {
    requireAbsent("clarifai", { features, serviceConfig });
    const [name = "", app = "main", user = "clarifai"] = model.split("/").toReversed().map(encodeURIComponent);
    const path = `/v2/users/${user}/apps/${app}/models/${name}/outputs`;
    const url = endpointUrl(endpoint, "https://api.clarifai.com", path);
    const keys = await Keys.read(KEYS, { isLocal: isLoopback(url), ...(keyFile && { keyFile }), ...(env && { env }) });
    return {
      ...{ name: "clarifai", title: clarifai.title, url, settings: { model }, keys, keyNames: KEYS },
      price: { perImage: 0.0012, basis: "concepts $1.20 per 1000" },
      limits: { bytes: 20_000_000, side: 1 },
      request: ({ bytes }) => ({
        headers: { "content-type": "application/json", authorization: `Key ${keys.get("CLARIFAI_PAT")}` },
        body: JSON.stringify({ inputs: [{ data: { image: { base64: base64(bytes) } } }] }),
      }),
      labels(answer) {
        const { status, outputs } = parsedAnswer(Answer, answer);
        const [output] = outputs;
        const { code, description, details } = output?.status ?? status;
        const reason = details ?? description ?? `status ${code}`;
        if (INPUT_FAILURES.test(String(code))) throw new RefusedImage(reason);
        if (code !== SUCCESS) throw new MalformedAnswer(reason);
        return bestFirst((output?.data?.concepts ?? []).flatMap(({ name, value }) => labelOf(name, value)));
      },
      refusal: refusalOf,
    };
  },
};

/** https://docs.clarifai.com/resources/api-overview/status-codes */
function refusalOf(httpStatus: number, answer: unknown): Refusal {
  const { status, outputs } = z
    .object({ status: Status, outputs: z.array(z.object({ status: Status })).optional() })
    .safeParse(answer).data ?? { status: undefined };
  if (!status) return refusalOfStatus(httpStatus, "");
  const { code, description = "", details } = outputs?.[0]?.status ?? status;
  const reason = details ?? description;
  if ([11_003, 11_005, 10_030].includes(code)) return { kind: "busy", reason };
  if ([11_004, 11_006].includes(code)) return { kind: "quota", reason };
  if ([11_000, 11_001, 11_002, 11_007, 11_008, 11_009, 11_010].includes(code)) return { kind: "key", reason };
  if (code === 11_101 || /^21\d{3}$/.test(String(code))) return { kind: "setting", reason };
  return INPUT_FAILURES.test(String(code)) ? { kind: "image", reason } : refusalOfStatus(httpStatus, reason);
}
