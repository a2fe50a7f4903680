import { once } from "node:events";
import { z } from "zod";
import { listOf, path, seed, threadCount, wholeNumber } from "../settings.js";
import { faultKinds, passingFaults } from "../stand-ins/faults.js";
import { vendorNames } from "../stand-ins/index.js";
import { defaultKeys, startStandIn } from "../stand-ins/stand-in.js";
import { defineCommand } from "./command.js";

export const standIn = defineCommand({
  name: "stand-in",
  settings: z.object({
    vendor: z
      .enum(vendorNames)
      .describe("the service whose wire format is served")
      .meta({ position: 0, placeholder: "vendor" }),
    judge: path("the classifier that labels the images, an ONNX file", { placeholder: "file" }),
    port: wholeNumber().max(65_535, "must be at most 65535").default(0).describe("port; 0 chooses a free one"),
    host: z.string().min(1, "must not be empty").default("127.0.0.1").describe("address that it listens on"),
    key: z
      .string()
      .min(1, "must not be empty")
      .default(defaultKeys.key)
      .describe("API key, or AWS secret access key, that requests must have"),
    accessKey: z
      .string()
      .min(1, "must not be empty")
      .default(defaultKeys.accessKey)
      .describe("AWS access key ID that requests must have"),
    faults: z
      .number("must be a number")
      .min(0, "must be 0 or more")
      .max(1, "must be at most 1")
      .default(0)
      .describe("share of requests that get a fault, in steps of 0.01"),
    fault: listOf(z.enum(faultKinds))
      .optional()
      .describe(`a fault, repeatable; several take turns (default: ${passingFaults.join(", ")})`)
      .meta({ placeholder: "kind" }),
    seed: seed("decides which requests get a fault"),
    delay: z
      .number("must be a number")
      .min(0, "must be 0 or more")
      .max(3600, "must be at most 3600")
      .default(5)
      .describe("seconds that the fault slow waits before it answers")
      .meta({ placeholder: "seconds" }),
    log: path("append each request to this file, as JSON Lines", { placeholder: "file" }).optional(),
    threads: threadCount(),
    json: z.boolean().default(false).describe("print the address and the settings as JSON"),
  }),
  notes: `The labels are the classifier's classes with their softmax probabilities. A stand-in checks what the service checks: key or
signature, content type, image format and size. It reads JPEG and PNG files alone.

Faults:
  429           the request is throttled; Retry-After is one second
  500           an internal error
  slow          the answer waits for --delay seconds
  malformed     status 200 and half of the JSON
  content-type  status 200 and a page in HTML
  disconnect    the connection is closed after half of the answer
  quota         the quota of the account is used up

A line of the log has the number of the request, time, status, fault, the SHA-256 of the bytes of each image, whether the
request was answered in full, and the images that a service would charge for: docs/stand-ins.md.

The stand-in listens until SIGINT or SIGTERM and then ends with exit code 0.`,
  examples: [
    "legible stand-in google --judge runs/recognizer/model.onnx --port 8080",
    "legible stand-in aws --judge runs/recognizer/model.onnx --faults 0.1 --log requests.jsonl",
    "legible stand-in openai --judge runs/recognizer/model.onnx --faults 1 --fault quota",
  ],
  async run(settings, { report, print, signal }) {
    const { fault, log, threads, json, ...rest } = settings;
    const running = await startStandIn({
      ...rest,
      ...(fault && { fault }),
      ...(log !== undefined && { log }),
      ...(threads !== undefined && { threads }),
    });
    report.info(`${settings.judge} answers as ${settings.vendor}; Ctrl-C stops it`);
    if (json) print(JSON.stringify({ url: running.url, vendor: settings.vendor, judge: settings.judge }));
    else print(`listening on ${running.url}`);
    if (!signal.aborted) await once(signal, "abort");
    await running.close();
    return "done";
  },
});
