/**
 * An error that the user can fix: a missing file, a broken image, an operator without a gradient.
 * The command line prints only its message, without a stack trace, and exits with status 1.
 */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** A failure that may pass, so that the same call can be tried again: a lost connection, a full disk, a busy service. */
export class PassingError extends UserError {}

const systemErrors: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EISDIR: "it is a folder",
  ENOTDIR: "it is not a folder",
  EACCES: "permission denied",
  EEXIST: "there is a file of that name",
  ELOOP: "its symbolic links form a circle",
  ENAMETOOLONG: "its name is too long",
  ENOSPC: "no space is left on the device",
  EROFS: "the file system is read-only",
  EADDRINUSE: "another program uses this port",
  EADDRNOTAVAIL: "this machine does not have this address",
  ENOTFOUND: "its name is not known",
  ERR_ENCODING_INVALID_ENCODED_DATA: "it is not text in UTF-8",
  ERR_INVALID_ARG_VALUE: "its name contains a zero byte",
};

/** The message of a thrown value, which need not be an `Error`; for an error of the file system, what it means. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return systemErrors["code" in thrown ? String(thrown.code) : ""] ?? thrown.message;
}

/** The first line of a message, without the colon that announces the lines after it. */
export const firstLineOf = (thrown: unknown): string => (messageOf(thrown).split("\n", 1)[0] ?? "").replace(/:$/, "");

/** What memory that cannot be had is called: by V8 for one array, by the native libraries, and by ONNX Runtime. */
const TOO_LARGE =
  /Invalid (typed )?array length|Array buffer allocation failed|bad_alloc|Failed to allocate memory|smaller than requested bytes/;

/** Whether a thrown value states that memory does not suffice. */
export const isOutOfMemory = (thrown: unknown): boolean => TOO_LARGE.test(messageOf(thrown));

/** A thrown value as an error that the user can fix, if it is one: sizes that memory does not hold are. */
export function asUserError(thrown: unknown): UserError | undefined {
  if (thrown instanceof UserError) return thrown;
  if (!isOutOfMemory(thrown)) return undefined;
  return new UserError(`memory does not hold the sizes that are asked for; choose smaller ones (${messageOf(thrown)})`);
}

interface SchemaError {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

/** Texts of the schema library, and how they read in a message. */
const PLAIN: readonly (readonly [RegExp, string])[] = [
  [/^(Invalid (input|option)|Too (big|small)): /, ""],
  [/^Unrecognized key(s?): /, "unknown key$1 "],
  [/^(expected .*), received undefined$/, "it is missing; $1"],
  [/^Invalid (string|input).*/, "it does not have the expected form"],
];

/** Why a schema refused a value, as the end of a sentence: "input.mean: expected array, received string; …". */
export const reasonsOf = ({ issues }: SchemaError): string =>
  issues
    .map(({ path, message }) => {
      const reason = PLAIN.reduce((text, [pattern, plain]) => text.replace(pattern, plain), message);
      return path.length > 0 ? `${path.map(String).join(".")}: ${reason}` : reason;
    })
    .join("; ");
