import { createHash, createHmac } from "node:crypto";
import { equalSecrets } from "./secrets.js";
import type { StandInRequest } from "./vendor.js";

/*
 * AWS Signature Version 4, as a service verifies it:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */

/** Most difference of the request's time from the service's, in milliseconds. */
const MOST_SKEW = 5 * 60_000;

/** Why a signature is refused. */
export type SignatureProblem = "missing" | "incomplete" | "unknown-key" | "expired" | "mismatch";

/** The keys and the scope that a signature must have. */
export interface SignatureScope {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly service: string;
  readonly now: Date;
}

/** Checks the signature in the Authorization header of a request. @returns undefined if it is right. */
export function signatureProblem(request: StandInRequest, scope: SignatureScope): SignatureProblem | undefined {
  const { headers } = request;
  if (headers.authorization === undefined) return "missing";
  const parsed = parseAuthorization(headers.authorization);
  const date = headers["x-amz-date"] ?? "";
  if (!parsed || !/^\d{8}T\d{6}Z$/.test(date)) return "incomplete";
  const [accessKey, day, region, service, end] = parsed.credential;
  if (day !== date.slice(0, 8) || service !== scope.service || end !== "aws4_request") return "mismatch";
  if (!parsed.signedHeaders.includes("host") || !signsAmzHeaders(headers, parsed.signedHeaders)) return "incomplete";
  if (!equalSecrets(accessKey ?? "", scope.accessKey)) return "unknown-key";
  if (!(Math.abs(timeOf(date) - scope.now.getTime()) <= MOST_SKEW)) return "expired";
  const text = [
    "AWS4-HMAC-SHA256",
    date,
    parsed.credential.slice(1).join("/"),
    sha256(canonicalRequest(request, parsed)),
  ];
  const key = [day, region ?? "", service, "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${scope.secretKey}`);
  return equalSecrets(parsed.signature, hmac(key, text.join("\n")).toString("hex")) ? undefined : "mismatch";
}

interface Authorization {
  /** Access key, day, region, service, "aws4_request". */
  readonly credential: readonly string[];
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

function parseAuthorization(text: string): Authorization | undefined {
  const fields = new Map(
    text
      .replace(/^AWS4-HMAC-SHA256\s+/, "")
      .split(",")
      .map((field) => field.trim().split(/=(.*)/s, 2) as [string, string]),
  );
  const credential = fields.get("Credential")?.split("/") ?? [];
  const [signedHeaders, signature] = [fields.get("SignedHeaders"), fields.get("Signature")];
  if (!text.startsWith("AWS4-HMAC-SHA256 ") || credential.length !== 5 || !signedHeaders || !signature)
    return undefined;
  return { credential, signedHeaders: signedHeaders.split(";"), signature };
}

/** All headers x-amz-* of a request must be signed. */
const signsAmzHeaders = (headers: StandInRequest["headers"], signed: readonly string[]): boolean =>
  Object.keys(headers).every((name) => !name.startsWith("x-amz-") || signed.includes(name));

function canonicalRequest({ method, url, headers, body }: StandInRequest, { signedHeaders }: Authorization): string {
  const query = [...url.searchParams]
    .map(([name, value]) => `${uriEncode(name)}=${uriEncode(value)}`)
    .sort()
    .join("&");
  const path = url.pathname.split("/").map((part) => uriEncode(part));
  const lines = signedHeaders.map((name) => `${name}:${(headers[name] ?? "").trim().replace(/\s+/g, " ")}\n`);
  return [method, path.join("/"), query, lines.join(""), signedHeaders.join(";"), sha256(body)].join("\n");
}

/** Percent-encodes everything but the unreserved characters of RFC 3986. */
const uriEncode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

const sha256 = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");

const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** Milliseconds since 1970 of "20150830T123600Z". */
const timeOf = (date: string): number =>
  Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
