import assert from "node:assert/strict";
import { test } from "node:test";
import { signatureProblem } from "./signature-v4.js";

// The example of "Create a signed AWS API request" in the AWS documentation (IAM ListUsers), with its signature.
const scope = {
  accessKey: "AKIDEXAMPLE",
  secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  service: "iam",
  now: new Date("2015-08-30T12:36:00Z"),
};
const authorization =
  "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, " +
  "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
const request = {
  method: "GET",
  url: new URL("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08"),
  headers: {
    authorization,
    "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    host: "iam.amazonaws.com",
    "x-amz-date": "20150830T123600Z",
  } as Record<string, string>,
  body: Buffer.alloc(0),
};
const withHeader = (name: string, value: string) => ({ ...request, headers: { ...request.headers, [name]: value } });

test("the signature of the AWS documentation's example is right", () => {
  assert.equal(signatureProblem(request, scope), undefined);
});

test("each part of a request is signed", () => {
  const changed = [
    { ...request, method: "POST" },
    { ...request, url: new URL("https://iam.amazonaws.com/a?Action=ListUsers&Version=2010-05-08") },
    { ...request, url: new URL("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-09") },
    { ...request, body: Buffer.from("a") },
    withHeader("host", "iam.example.com"),
    withHeader("content-type", "application/json"),
    withHeader("x-amz-date", "20150830T123601Z"),
    withHeader("authorization", authorization.replace("us-east-1", "eu-west-1")),
    withHeader("authorization", authorization.replace(/.$/, "8")),
  ];
  for (const each of changed) assert.equal(signatureProblem(each, scope), "mismatch");
  assert.equal(signatureProblem(request, { ...scope, secretKey: "another" }), "mismatch");
  assert.equal(signatureProblem(request, { ...scope, service: "rekognition" }), "mismatch");
});

test("a signature is valid for five minutes before and after its time", () => {
  const at = (time: string) => signatureProblem(request, { ...scope, now: new Date(time) });
  assert.deepEqual(["2015-08-30T12:31:00Z", "2015-08-30T12:41:00Z"].map(at), [undefined, undefined]);
  assert.deepEqual(["2015-08-30T12:30:59Z", "2015-08-30T12:41:01Z"].map(at), ["expired", "expired"]);
});

test("a header that is missing, incomplete or of another key is refused for that reason", () => {
  const { authorization: _, ...headers } = request.headers;
  assert.equal(signatureProblem({ ...request, headers }, scope), "missing");
  assert.equal(signatureProblem(withHeader("authorization", "Basic YTpi"), scope), "incomplete");
  assert.equal(signatureProblem(withHeader("authorization", "AWS4-HMAC-SHA256 Credential=a"), scope), "incomplete");
  assert.equal(signatureProblem(withHeader("x-amz-date", "yesterday"), scope), "incomplete");
  assert.equal(signatureProblem(withHeader("x-amz-target", "RekognitionService.DetectLabels"), scope), "incomplete");
  const other = authorization.replace("AKIDEXAMPLE", "AKIDANOTHER");
  assert.equal(signatureProblem(withHeader("authorization", other), scope), "unknown-key");
});
