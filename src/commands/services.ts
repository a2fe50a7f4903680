import { dirname } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.js";
import { makeFolder } from "../platform/node/files.js";
import { firstLemmaOf } from "../recognition/synonyms.js";
import type { ServiceJudge, ServiceJudgeOptions } from "../remote/judge.js";
import { isServiceName, PRICES_OF, type ServiceName, serviceNames, serviceSummaries } from "../remote/names.js";
import type { Service, ServiceOptions } from "../remote/service.js";
import type { Reporter } from "../reporter.js";
import { listOf, named, nonnegativeNumber, path, positiveInteger, positiveNumber } from "../settings.js";
import { listOfNames } from "./notes.js";

/** The settings of services as judges. */
export const serviceSettings = {
  endpoint: z
    .string()
    .optional()
    .describe("URL of the service, such as that of a stand-in (default: that of the vendor)")
    .meta({ placeholder: "url" }),
  standIn: path(
    "a classifier (ONNX) that answers on this machine in the service's format, instead of the service: for tests and demonstrations",
    { placeholder: "file" },
  ).optional(),
  model: z.string().optional().describe("model of the service").meta({ placeholder: "name" }),
  features: listOf(z.string())
    .optional()
    .describe("what a service is asked for; may be repeated (default: its labels or tags)")
    .meta({ placeholder: "name" }),
  serviceConfig: path(
    "description of the service http: URL, headers, body, and where labels are in its answer (JSON)",
    {
      placeholder: "file",
    },
  ).optional(),
  keyFile: path("file with the keys of the service as NAME=VALUE, of mode 600 (default: the environment)", {
    placeholder: "file",
  }).optional(),
  yes: z
    .boolean()
    .default(false)
    .describe("send the images to the service; without it, only what would be sent is listed"),
  send: z.enum(["png", "jpeg"]).optional().describe("format of the images that are sent (default: png)"),
  maxRequests: positiveInteger()
    .optional()
    .describe("stop before the service gets more requests in this run, retries included"),
  maxCost: positiveNumber()
    .optional()
    .describe("stop before the estimated cost of this run exceeds this, in US dollars")
    .meta({ placeholder: "usd" }),
  price: nonnegativeNumber()
    .optional()
    .describe("price of a request in US dollars (default: the list price)")
    .meta({ placeholder: "usd" }),
  concurrency: positiveInteger(256).optional().describe("requests at a time (default: 4)"),
  rate: positiveNumber()
    .optional()
    .describe("requests in a second, at most (default: no limit)")
    .meta({ placeholder: "n" }),
  cache: path("file of the service's answers (SQLite), shared by runs (default: beside the results, NAME.answers.db)", {
    placeholder: "file",
  }).optional(),
  synonyms: path("CSV file, columns class_index and synonyms: names that count as a class among the service's labels", {
    placeholder: "file",
  }).optional(),
};

const Schema = z.object(serviceSettings);
type ServiceSettings = z.output<typeof Schema>;

/** A judge that is a service. */
export interface JudgeService {
  /** Its name in tables. */
  readonly name: string;
  readonly kind: ServiceName;
}

/** Those of the judges that are services. A local file of such a name is "./google". */
export const servicesIn = (judges: readonly { readonly name: string; readonly file: string }[]): JudgeService[] =>
  judges.flatMap(({ name, file }) => (isServiceName(file) ? [{ name, kind: file }] : []));

/** For the help. */
export const serviceNotes = `Services as judges, with --yes; their keys come from the environment or --key-file:
${listOfNames(
  serviceNames.map((name) => ({ name, summary: serviceSummaries[name] })),
  10,
)}
The figures of a service compare its labels with those that it gives the clean image: they are no accuracy. Answers are kept in
--cache: no image is paid for twice, also in later runs. A file with the name of a service is ./google.`;

/** @throws UserError when settings of services are given without a service, or of one service for several. */
export function requireServices(services: readonly JudgeService[], settings: ServiceSettings): void {
  for (const key of Object.keys(serviceSettings) as (keyof ServiceSettings)[])
    if (services.length === 0 && settings[key] !== undefined && settings[key] !== false)
      throw new UserError(`${named(key)} needs a service as ${named("judge")}: ${serviceNames.join(", ")}`);
  for (const key of ["endpoint", "standIn", "model", "features", "serviceConfig", "price"] as const)
    if (services.length > 1 && settings[key] !== undefined)
      throw new UserError(`${named(key)} is of one service, and there are ${services.length} as ${named("judge")}`);
  if (settings.standIn !== undefined && settings.endpoint !== undefined)
    throw new UserError(`${named("standIn")} has an address of its own; leave out ${named("endpoint")}`);
}

/** The file of the answers; undefined without a service. @throws UserError when there is no place for it. */
export function cacheFileOf(
  services: readonly JudgeService[],
  {
    cache,
    json,
    predictions,
  }: Partial<ServiceSettings> & { json?: string | undefined; predictions?: string | undefined },
): string | undefined {
  if (services.length === 0) return undefined;
  const results = json ?? predictions;
  if (cache === undefined && results === undefined)
    throw new UserError(
      `the answers of a service are paid for and need a place: set ${named("cache")}, ${named("json")} or ${named("predictions")}`,
    );
  return cache ?? `${results}.answers.db`;
}

/** What a service will judge. */
export interface Shown {
  /** Images of the data, and rows of the table. */
  readonly images: number;
  readonly rows: number;
  /** Names of the classes, if the data have them. */
  readonly classes?: readonly string[] | undefined;
  readonly cache: string;
  readonly signal: AbortSignal;
}

/**
 * Opens services as judges, after it has listed what they get.
 * @throws UserError when one cannot be opened, and unless `yes` allows to send the images.
 */
export async function openServices(
  services: readonly JudgeService[],
  settings: ServiceSettings,
  shown: Shown,
  report: Reporter,
): Promise<ServiceJudge[]> {
  if (services.length === 0) return [];
  const candidates = [...new Set((shown.classes ?? []).map(firstLemmaOf))];
  const judges: ServiceJudge[] = [];
  const hosts: string[] = [];
  for (const each of services) {
    const { judge, host, plan } = await openOne(each, settings, { ...shown, candidates });
    judges.push(judge);
    hosts.push(host);
    for (const line of plan) report.info(line);
  }
  if (settings.yes || settings.standIn !== undefined) return judges;
  for (const judge of judges) await judge.release();
  throw new UserError(`nothing was sent to ${hosts.join(", ")}: set ${named("yes")} to send the images listed above`);
}

interface OpenedService {
  readonly judge: ServiceJudge;
  readonly host: string;
  /** Lines that state what it gets. */
  readonly plan: readonly string[];
}

/** Opens one service, or the stand-in for it, which ends when the judge is released. */
async function openOne(
  { name, kind }: JudgeService,
  given: ServiceSettings,
  shown: Shown & { readonly candidates: readonly string[] },
): Promise<OpenedService> {
  const [{ openService }, { openServiceJudge }, { runStandIn }] = await Promise.all([
    import("../remote/services/index.js"),
    import("../remote/judge.js"),
    import("./service-stand-in.js"),
  ]);
  const standIn = given.standIn === undefined ? undefined : await runStandIn(kind, given.standIn);
  const settings = standIn ? { ...given, endpoint: standIn.url, price: 0 } : given;
  try {
    const { candidates, cache, signal } = shown;
    const options = serviceOptions(settings, kind === "openai" ? candidates : undefined);
    // The keys of a stand-in are its own; those of the environment are not sent to it.
    const service = standIn
      ? { ...(await openService(kind, options, {})), identity: standIn.identity }
      : await openService(kind, options);
    const price = settings.price ?? service.price.perImage;
    if (price === null && settings.maxCost !== undefined)
      throw new UserError(`${named("maxCost")} needs ${named("price")}: ${service.price.basis}`);
    await makeFolder(dirname(cache));
    const judge = openServiceJudge(service, {
      ...{ ...judgeOptions(settings), name, cache, signal },
      // A stand-in lives in this process, which its requests need not outlive.
      ...(!standIn && { courier: { service: kind, options } }),
    });
    const release = () => judge.release().finally(() => standIn?.close());
    const plan = planOf(service, judge, settings, shown);
    return { judge: { ...judge, release }, host: service.url.host, plan };
  } catch (error) {
    await standIn?.close();
    throw error;
  }
}

function serviceOptions(
  { endpoint, model, features, serviceConfig, keyFile }: ServiceSettings,
  candidates: readonly string[] | undefined,
): ServiceOptions {
  return { endpoint, model, features, serviceConfig, keyFile, candidates };
}

function judgeOptions({ send, maxRequests, maxCost, price, concurrency, rate }: ServiceSettings) {
  return {
    ...(send && { send }),
    ...(maxRequests !== undefined && { maxRequests }),
    ...(maxCost !== undefined && { maxCost }),
    ...(price !== undefined && { price }),
    ...(concurrency !== undefined && { concurrency }),
    ...(rate !== undefined && { rate }),
  } satisfies Partial<ServiceJudgeOptions>;
}

/** What is sent, to whom, and at what price. */
function planOf(
  { name, url, price }: Service,
  judge: ServiceJudge,
  { send = "png", price: given, maxRequests, maxCost }: ServiceSettings,
  { images, rows, cache, candidates }: Shown & { readonly candidates: readonly string[] },
): string[] {
  const most = images * rows;
  const perImage = given ?? price.perImage;
  const basis = given === undefined ? `${price.basis}, list price of ${PRICES_OF}` : `$${given} per request, as set`;
  const names = name === "openai" && candidates.length > 0 ? `, and the names of the ${candidates.length} classes` : "";
  const [kept, lost] = [judge.cached(), judge.lost()];
  const limits = [
    ...(maxRequests === undefined ? [] : [`at most ${maxRequests} requests`]),
    ...(maxCost === undefined ? [] : [`at most $${maxCost}`]),
  ];
  return [
    `  service      ${judge.name}: up to ${most} images (${images} x ${rows} rows; equal ones once) to ${url.host}`,
    `  sent         the pixels of each image as ${send.toUpperCase()}${names}; no file names, no metadata, no labels of the images`,
    `  cost         ${perImage === null ? `not known: ${basis}` : `up to about ${dollars(most * perImage)}: ${basis}`}; an estimate without retries and free quotas`,
    ...(limits.length > 0 ? [`  limits       ${limits.join(", ")}`] : []),
    `  answers      ${cache} has ${kept} of this service; images among them are not sent and cost nothing`,
    ...(lost > 0
      ? [`  note         ${lost} requests were under way when a run was killed; their images are sent again`]
      : []),
  ];
}

const dollars = (amount: number): string => `$${amount.toFixed(amount < 1 ? 4 : 2)}`;

/** What services got in this run, for a person. */
export const spentLines = (judges: readonly ServiceJudge[]): string[] =>
  judges.map(({ name, spent }) => `${name}: ${spent().requests} requests, about ${dollars(spent().cost)}`);
