/** A request that is refused, with its HTTP status and one sentence that repeats nothing of the request. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  constructor(
    readonly statusCode: number,
    message: string,
    /** Seconds after which the request may be repeated. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** The sentences for errors that the HTTP framework finds. */
const SENTENCES: Readonly<Record<number, string>> = {
  400: "the request is not valid",
  404: "there is nothing at this address",
  408: "the request took too long",
  413: "the request is too large",
  414: "the address is too long",
  415: "the body must be JSON, with the content type application/json",
  431: "the headers are too large",
};

/**
 * What the framework's error means for the client.
 * @param failure what every other error, a failure of the server, is for the client.
 */
export function httpErrorOf(error: unknown, failure = new HttpError(500, "the server failed; try again")): HttpError {
  if (error instanceof HttpError) return error;
  const status = typeof error === "object" && error && "statusCode" in error ? Number(error.statusCode) : 500;
  if (status < 400 || status >= 500) return failure;
  return new HttpError(status, SENTENCES[status] ?? "the request is not valid");
}
