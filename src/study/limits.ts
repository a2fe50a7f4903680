import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { HttpError } from "../serving/http-error.js";

/** Milliseconds over which requests are counted. */
const WINDOW = 60_000;

/** Requests in a minute of one address: a lab of 200 participants can share it, and each loads a page and up to 100 images. */
const PER_ADDRESS = 60_000;
/** Requests in a minute with one token. */
const PER_TOKEN = 1_200;
/** Codes in a minute that an address may try without success. */
const FAILED_CODES = 60;
/** Addresses and tokens that are remembered, in memory only. */
const REMEMBERED = 20_000;

/** Limits on requests. */
export interface Limits {
  /** @throws HttpError (429) after too many requests of the address. */
  address(request: FastifyRequest): Promise<void>;
  /** @throws HttpError (429) after too many requests with the token. */
  token(request: FastifyRequest): Promise<void>;
  /** @throws HttpError (429) after too many wrong codes of the address. */
  codes(request: FastifyRequest): Promise<void>;
  /** Counts a wrong code. */
  wrongCode(request: FastifyRequest): Promise<void>;
}

/** Adds the limits to a server. Nothing of them is written to the disk. */
export async function addLimits(app: FastifyInstance): Promise<Limits> {
  await app.register(rateLimit, { global: false, cache: REMEMBERED, timeWindow: WINDOW, ipv6Subnet: 64 });
  const address = app.createRateLimit({ max: PER_ADDRESS });
  const codes = app.createRateLimit({ max: FAILED_CODES });
  const token = app.createRateLimit({
    max: PER_TOKEN,
    keyGenerator: ({ headers }) => headers.authorization?.slice(0, 100) ?? "",
  });
  const check = (result: Awaited<ReturnType<typeof address>>) => {
    if (!result.isAllowed && result.isExceeded)
      throw new HttpError(429, "there are too many requests", result.ttlInSeconds);
  };
  return {
    address: async (request) => check(await address(request)),
    token: async (request) => check(await token(request)),
    codes: async (request) => check(await codes(request, { increment: false })),
    wrongCode: async (request) => void (await codes(request)),
  };
}
