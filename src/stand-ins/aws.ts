import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { ImageProblem } from "./received-image.js";
import { type SignatureProblem, signatureProblem } from "./signature-v4.js";
import { type Answer, hasContentType, jsonOf, type Vendor } from "./vendor.js";

/*
 * Amazon Rekognition, operation DetectLabels.
 * Request and response: https://docs.aws.amazon.com/rekognition/latest/APIReference/API_DetectLabels.html.
 * Errors: https://docs.aws.amazon.com/rekognition/latest/dg/error-handling.html (400 also for failures of authentication).
 * Limits: https://docs.aws.amazon.com/rekognition/latest/dg/limits.html (5 MB as bytes, 80 to 10 000 pixels a side).
 */

/** Defaults of DetectLabels. */
const [MOST_LABELS, LEAST_CONFIDENCE] = [1000, 55];

const Body = z.object({
  Image: z.object({ Bytes: z.string().optional(), S3Object: z.unknown().optional() }),
  MaxLabels: z.number().int().min(0).default(MOST_LABELS),
  /** In percent. */
  MinConfidence: z.number().min(0).max(100).default(LEAST_CONFIDENCE),
  Features: z.array(z.enum(["GENERAL_LABELS", "IMAGE_PROPERTIES"])).optional(),
  Settings: z.unknown().optional(),
});

function error(type: string, message: string, status = 400): Answer {
  const id = randomUUID();
  return {
    status,
    headers: { "x-amzn-requestid": id },
    body: { __type: type, Code: type, Logref: id, Message: message },
  };
}

const refusals: Readonly<Record<SignatureProblem, () => Answer>> = {
  missing: () => error("MissingAuthenticationTokenException", "Missing Authentication Token"),
  incomplete: () =>
    error(
      "IncompleteSignatureException",
      "Authorization header requires 'Credential', 'SignedHeaders', 'Signature' and the headers 'host' and 'x-amz-*' signed.",
    ),
  "unknown-key": () => error("UnrecognizedClientException", "The security token included in the request is invalid."),
  expired: () =>
    error("InvalidSignatureException", "Signature expired: the time of the request is more than 5 min. off."),
  mismatch: () =>
    error(
      "InvalidSignatureException",
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and " +
        "signing method. Consult the service documentation for details.",
    ),
};

const imageErrors: Readonly<Record<ImageProblem["problem"], () => Answer>> = {
  "not-base64": () => error("SerializationException", "Image.Bytes is not base64."),
  format: () => error("InvalidImageFormatException", "Request has invalid image format"),
  "too-small": () =>
    error("InvalidParameterException", "Request has invalid parameters: the image has fewer than 80 pixels a side"),
  "too-large": () => error("ImageTooLargeException", "Image size is too large"),
};

export const aws: Vendor = {
  name: "aws",
  contentType: "application/x-amz-json-1.1",
  // 5 MB in base64, and the JSON around them.
  mostBytes: 8 * 2 ** 20,
  limits: { bytes: 5 * 2 ** 20, leastSide: 80, mostSide: 10_000, mostPixels: 1e8 },
  serves: ({ method, url, headers }) =>
    method === "POST" && url.pathname === "/" && headers["x-amz-target"] === "RekognitionService.DetectLabels",
  refusal(request, { key, accessKey }, now) {
    const problem = signatureProblem(request, { accessKey, secretKey: key, service: "rekognition", now });
    return problem && refusals[problem]();
  },
  async answer(request, label) {
    if (!hasContentType(request, "application/x-amz-json-1.1"))
      return error("SerializationException", "Unexpected content type; expected application/x-amz-json-1.1");
    const json = jsonOf(request);
    if (json === undefined) return error("SerializationException", "The body is no JSON");
    const { data, error: issue } = Body.safeParse(json);
    if (!data)
      return error("InvalidParameterException", `Request has invalid parameters: ${issue.issues[0]?.path.join(".")}`);
    if (data.Image.S3Object !== undefined)
      return error(
        "InvalidS3ObjectException",
        "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
      );
    const found = await label(data.Image.Bytes ?? "");
    if ("problem" in found) return imageErrors[found.problem]();
    const shown = found.labels.filter(({ confidence }) => 100 * confidence >= data.MinConfidence);
    return {
      status: 200,
      headers: { "x-amzn-requestid": randomUUID() },
      body: {
        Labels: shown.slice(0, data.MaxLabels).map(({ name, confidence }) => ({
          Name: name,
          Confidence: 100 * confidence,
          Instances: [],
          Parents: [],
          Aliases: [],
          Categories: [],
        })),
        LabelModelVersion: "3.0",
      },
    };
  },
  failure(kind) {
    if (kind === "not-found") return error("UnknownOperationException", "The requested operation is not known.", 404);
    if (kind === "too-large") return error("RequestEntityTooLargeException", "Request body is too large.", 413);
    if (kind === "internal") return error("InternalServerError", "Internal server error", 500);
    if (kind === "quota") return error("LimitExceededException", "An Amazon Rekognition service limit was exceeded.");
    // Rekognition documents 500 for this type, and 400 for ProvisionedThroughputExceededException; a load balancer may answer 429.
    return error("ThrottlingException", "Rate exceeded", 429);
  },
};
