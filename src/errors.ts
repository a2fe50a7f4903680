/**
 * An error that the user can fix: a missing file, a broken image, an operator without a gradient.
 * The command line prints only its message, without a stack trace, and exits with status 1.
 */
export class UserError extends Error {
  override readonly name = "UserError";
}

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
};

/** The message of a thrown value, which need not be an `Error`; for an error of the file system, what it means. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return systemErrors["code" in thrown ? String(thrown.code) : ""] ?? thrown.message;
}

interface SchemaError {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

/** Why a schema refused a value, as the end of a sentence: "input.mean: expected array, received string; …". */
export const reasonsOf = ({ issues }: SchemaError): string =>
  issues
    .map(({ path, message }) => {
      const reason = message
        .replace(/^Invalid (input|option): /, "")
        .replace(/^Unrecognized key(s?): /, "unknown key$1 ");
      return path.length > 0 ? `${path.map(String).join(".")}: ${reason}` : reason;
    })
    .join("; ");
