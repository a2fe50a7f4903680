import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { z } from "zod";
import { endpointUrl, isLoopback } from "../endpoint.js";
import { type Refusal, refusalOfStatus } from "../faults.js";
import { Keys } from "../keys.js";
import type { ServiceKind } from "../service.js";
import { base64, bestFirst, labelOf, parsedAnswer, requireAbsent } from "./reading.js";

const KEYS = [
  { name: "AWS_ACCESS_KEY_ID", local: "AKIASTANDIN" },
  { name: "AWS_SECRET_ACCESS_KEY", local: "stand-in-key" },
  { name: "AWS_SESSION_TOKEN" },
] as const;

const DEFAULT_REGION = "us-east-1";

/** Labels asked for, and their least confidence in percent: the default of Rekognition. */
const REQUEST = { MaxLabels: 20, MinConfidence: 55 };

const Answer = z.object({ Labels: z.array(z.object({ Name: z.string(), Confidence: z.number() })) });
const Failure = z.object({
  __type: z.string().optional(),
  code: z.string().optional(),
  message: z.string().optional(),
  Message: z.string().optional(),
});

/** Amazon Rekognition, DetectLabels (https://docs.aws.amazon.com/rekognition/latest/APIReference/API_DetectLabels.html). */
export const aws: ServiceKind = {
  name: "aws",
  title: "Amazon Rekognition",
  async open({ endpoint, keyFile, features, model, candidates: _, serviceConfig }, env = process.env) {
    requireAbsent("aws", { features, model, serviceConfig });
    const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || DEFAULT_REGION;
    const url = endpointUrl(endpoint, `https://rekognition.${region}.amazonaws.com`, "/");
    const isLocal = isLoopback(url);
    const keys = await Keys.read(KEYS, { isLocal, env, ...(keyFile && { keyFile }) });
    // The region of an endpoint is that of its host.
    const [, hostRegion = region] = /^rekognition(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com/.exec(url.hostname) ?? [];
    const sessionToken = keys.get("AWS_SESSION_TOKEN");
    const signer = new SignatureV4({
      ...{ service: "rekognition", region: hostRegion, sha256: Sha256 },
      credentials: {
        accessKeyId: keys.get("AWS_ACCESS_KEY_ID"),
        secretAccessKey: keys.get("AWS_SECRET_ACCESS_KEY"),
        ...(sessionToken !== "" && { sessionToken }),
      },
    });
    return {
      ...{ name: "aws", title: aws.title, url, settings: { ...REQUEST, region: hostRegion }, keys, keyNames: KEYS },
      price: { perImage: 0.001, basis: "labels $1.00 per 1000" },
      limits: { bytes: 5_000_000, side: 80 },
      async request({ bytes }) {
        const { headers, body } = await signer.sign({
          ...{ method: "POST", protocol: url.protocol, hostname: url.hostname, path: url.pathname },
          ...(url.port !== "" && { port: Number(url.port) }),
          headers: {
            host: url.host,
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": "RekognitionService.DetectLabels",
          },
          body: JSON.stringify({ Image: { Bytes: base64(bytes) }, ...REQUEST }),
        });
        const { host: _, ...sent } = headers; // it is signed, and the connection sends it
        return { headers: sent, body };
      },
      labels: (answer) =>
        bestFirst(
          parsedAnswer(Answer, answer).Labels.flatMap(({ Name, Confidence }) => labelOf(Name, Confidence / 100)),
        ),
      refusal: refusalOf,
    };
  },
};

/** Types of errors that a retry can overcome, that concern the account, and that concern the limits of the account. */
const [BUSY, KEY, QUOTA, SETTING] = [
  /^(Throttling|ProvisionedThroughputExceeded|InternalServer|ServiceUnavailable|RequestTimeout|TooManyRequests|InternalFailure)/,
  /^(AccessDenied|UnrecognizedClient|InvalidSignature|IncompleteSignature|MissingAuthenticationToken|InvalidClientTokenId|ExpiredToken|SignatureDoesNotMatch|OptInRequired|NotAuthorized)/,
  /^(LimitExceeded|ServiceQuotaExceeded)/,
  /^UnknownOperation/,
];

/** https://docs.aws.amazon.com/rekognition/latest/dg/error-handling.html and its common errors. */
function refusalOf(status: number, answer: unknown): Refusal {
  const { __type, code, message, Message } = Failure.safeParse(answer).data ?? {};
  const type = (__type ?? code ?? "").replace(/^.*#/, "");
  const reason = [type, message ?? Message ?? ""].filter((part) => part !== "").join(": ");
  if (BUSY.test(type)) return { kind: "busy", reason };
  if (KEY.test(type)) return { kind: "key", reason };
  if (QUOTA.test(type)) return { kind: "quota", reason };
  return SETTING.test(type) ? { kind: "setting", reason } : refusalOfStatus(status, reason);
}
