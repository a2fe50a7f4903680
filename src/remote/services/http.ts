import { query } from "jsonpath-rfc9535";
import { z } from "zod";
import { messageOf, reasonsOf, UserError } from "../../errors.js";
import { readText } from "../../platform/node/files.js";
import { excerpt } from "../../printable.js";
import type { Label } from "../../recognition/judge.js";
import { endpointUrl, isLoopback } from "../endpoint.js";
import { MalformedAnswer, refusalOfStatus } from "../faults.js";
import { Keys } from "../keys.js";
import type { ServiceKind } from "../service.js";
import { base64, bestFirst, labelOf, requireAbsent } from "./reading.js";

const NAME = "LEGIBLE_HTTP_KEY";

type Json = Parameters<typeof query>[0];

/** A file that describes a service. */
const Config = z.strictObject({
  /** The URL of its requests; `endpoint` overrides it. */
  url: z.string().optional(),
  method: z.enum(["POST", "PUT"]).default("POST"),
  /** "{key}" becomes the key. */
  headers: z.record(z.string(), z.string()).default({}),
  /** "{image}" becomes the image in base64, "{type}" its media type. Default: the image itself is the body. */
  body: z.json().optional(),
  /** JSONPath (RFC 9535) of the names in an answer. */
  names: z.string(),
  /** JSONPath of the confidences, one for each name in the same order. Default: none. */
  confidences: z.string().optional(),
  /** The confidence of certainty: 1, or 100 for percent. */
  scale: z.number().positive().default(1),
  /** US dollars for an image. */
  price: z.number().nonnegative().optional(),
});
type Config = z.output<typeof Config>;

/** Headers whose value is a secret. */
const SECRET_HEADER = /auth|key|token|secret|cookie|password|credential|signature/i;

/** Members of a body whose value is a secret. */
const SECRET_MEMBER =
  /^(authorization|(x-)?(api[_-]?|access[_-]?|auth[_-]?)?(key|token)|(client[_-]?)?secret|password)$/i;

/** Any service that answers a request for one image with JSON. See docs/services.md for its file. */
export const http: ServiceKind = {
  name: "http",
  title: "an HTTP service",
  async open({ endpoint, keyFile, features, model, candidates: _, serviceConfig }, env) {
    requireAbsent("http", { features, model });
    if (serviceConfig === undefined)
      throw new UserError("`serviceConfig` is required for the service http: the file that describes it");
    const config = await readConfig(serviceConfig);
    if (endpoint === undefined && config.url === undefined)
      throw new UserError(`the service needs a URL: set \`endpoint\`, or "url" in ${serviceConfig}`);
    const url = endpointUrl(endpoint ?? config.url, "https://example.org/labels", "/");
    const usesKey = Object.values(config.headers).some((value) => value.includes("{key}"));
    const keyNames = usesKey ? [{ name: NAME, local: "stand-in-key" }] : [];
    const sources = { isLocal: isLoopback(url), ...(keyFile && { keyFile }), ...(env && { env }) };
    const keys = await Keys.read(keyNames, sources);
    const { url: __, price = null, ...settings } = config;
    return {
      ...{ name: "http", title: `${url.host}`, url, settings, keys, keyNames },
      price: { perImage: price, basis: price === null ? `no "price" in ${serviceConfig}` : `${price} per image` },
      limits: { bytes: Number.POSITIVE_INFINITY, side: 1 },
      request({ bytes, type }) {
        const headers = Object.entries(config.headers).map(([name, value]) => [
          name.toLowerCase(),
          value.replaceAll("{key}", keys.get(NAME)),
        ]);
        const given = { accept: "application/json", ...Object.fromEntries(headers) };
        if (config.body === undefined)
          return { method: config.method, headers: { "content-type": type, ...given }, body: bytes };
        const body = JSON.stringify(filled(config.body, { image: base64(bytes), type }));
        return { method: config.method, headers: { "content-type": "application/json", ...given }, body };
      },
      labels: (answer) => labelsIn(answer as Json, config),
      refusal: (status) => refusalOfStatus(status, ""),
    };
  },
};

/** @throws UserError when the file cannot be read, is no description, or contains a key. */
async function readConfig(path: string): Promise<Config> {
  const failed = (reason: string) => new UserError(`cannot read the service ${path}: ${reason}`);
  const text = await readText(path, 2 ** 20).catch((error: unknown) => {
    throw failed(messageOf(error));
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw failed("it is not valid JSON");
  }
  if (depthOf(text) > DEEPEST) throw failed(`it is nested more than ${DEEPEST} levels deep`);
  const { data, error } = Config.safeParse(json);
  if (!data) throw failed(reasonsOf(error));
  for (const key of ["names", "confidences"] as const) requirePath(data[key], key, failed);
  const [secret] =
    Object.entries(data.headers).find(([n, value]) => SECRET_HEADER.test(n) && !value.includes("{key}")) ?? [];
  if (secret !== undefined)
    throw failed(`its header "${secret}" contains a key; write {key} there, and put the key into ${NAME}`);
  for (const [name, value] of Object.entries(data.headers)) requireHeader(name, value, failed);
  const member = data.body === undefined ? undefined : secretIn(data.body);
  if (member !== undefined)
    throw failed(`"${excerpt(member)}" in its "body" contains a key; keys are sent in headers alone, as {key}`);
  if (data.body !== undefined && !JSON.stringify(data.body).includes("{image}"))
    throw failed('its "body" contains no "{image}"');
  return data;
}

/** Levels of a description at most: its parts are read recursively. */
const DEEPEST = 100;

/** Levels of arrays and objects in valid JSON. */
function depthOf(json: string): number {
  let [depth, deepest] = [0, 0];
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (token === "[" || token === "{") deepest = Math.max(deepest, ++depth);
    if (token === "]" || token === "}") depth--;
  }
  return deepest;
}

/** Headers that describe the connection or the length of the body, which are not set by a file. */
const CONNECTION_HEADER = /^(connection|content-length|expect|host|keep-alive|te|trailer|transfer-encoding|upgrade)$/i;

/** @throws an error when a header cannot be sent: a line break in it would begin another header. */
function requireHeader(name: string, value: string, failed: (reason: string) => Error): void {
  if (CONNECTION_HEADER.test(name)) throw failed(`its header "${name}" cannot be set`);
  try {
    new Headers([[name, value]]);
  } catch {
    throw failed(
      `its header "${excerpt(name)}" is no HTTP header: a name or a value has characters that are not allowed`,
    );
  }
}

/** The first member of a body that contains a key of its own. */
function secretIn(body: Json): string | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  for (const [name, value] of Object.entries(body)) {
    if (typeof value === "string" && !/^$|\{(image|type)\}/.test(value) && SECRET_MEMBER.test(name)) return name;
    const found = secretIn(value as Json);
    if (found !== undefined) return found;
  }
  return undefined;
}

function requirePath(path: string | undefined, key: string, failed: (reason: string) => Error): void {
  try {
    if (path !== undefined) query(null, path);
  } catch (error) {
    throw failed(`"${key}" is no JSONPath (${messageOf(error)})`);
  }
}

/** A template with its placeholders filled in. */
function filled(template: Json, values: { readonly image: string; readonly type: string }): Json {
  if (typeof template === "string")
    return template.replaceAll(/\{(image|type)\}/g, (_, name: "image" | "type") => values[name]);
  if (Array.isArray(template)) return template.map((each) => filled(each, values));
  if (typeof template !== "object" || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, filled(value, values)]));
}

/** @throws MalformedAnswer when names are no texts, or confidences no numbers or not as many. */
function labelsIn(answer: Json, { names, confidences, scale }: Config): Label[] {
  const found = query(answer, names);
  if (!found.every((name) => typeof name === "string"))
    throw new MalformedAnswer(`${names} finds values that are no text`);
  if (confidences === undefined) return found.flatMap((name) => labelOf(name, null));
  const values = query(answer, confidences);
  if (values.length !== found.length || !values.every((value) => typeof value === "number"))
    throw new MalformedAnswer(`${confidences} finds ${values.length} values for ${found.length} names, or no numbers`);
  return bestFirst(found.flatMap((name, i) => labelOf(name, (values[i] as number) / scale)));
}
