import { stat } from "node:fs/promises";
import { inspect } from "node:util";
import { messageOf, UserError } from "../errors.js";
import { readText } from "../platform/node/files.js";

/** A key that a service needs. */
export interface KeyName {
  /** The name of its environment variable. */
  readonly name: string;
  /** What is sent to a service on this machine if no key is given. Absent: the key is optional, and nothing is sent. */
  readonly local?: string;
}

/** Where keys are read from. */
export interface KeySources {
  /** Lines NAME=VALUE; or the value alone, if the service has one key. Only its owner may have access to it. */
  readonly keyFile?: string;
  /** Default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The service is on this machine: keys are not needed. */
  readonly isLocal?: boolean;
}

/** The keys of a service. They appear in no JSON, no log and no error. */
export class Keys {
  readonly #values: ReadonlyMap<string, string>;

  private constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /**
   * Reads the keys of a service. The file has precedence over the environment.
   * @throws UserError when a key is missing or is no key, or others than its owner have access to the file.
   */
  static async read(names: readonly KeyName[], { keyFile, env = process.env, isLocal }: KeySources): Promise<Keys> {
    const inFile = keyFile === undefined ? new Map<string, string>() : await readKeyFile(keyFile, names);
    const values = new Map<string, string>();
    for (const { name, local } of names) {
      const value = inFile.get(name) ?? (env[name]?.trim() || undefined) ?? (isLocal ? local : undefined);
      if (value === undefined && local !== undefined)
        throw new UserError(
          `the key of the service is missing: set the environment variable ${name}, or \`keyFile\` to a file that has it`,
        );
      if (value !== undefined && !/^[\x21-\x7e]+$/.test(value))
        throw new UserError(`the value of ${name} is no key: it has characters other than visible ASCII characters`);
      if (value !== undefined) values.set(name, value);
    }
    return new Keys(values);
  }

  /** A key; "" if it is not given. Only for the headers of a request, or for its signature. */
  get(name: string): string {
    return this.#values.get(name) ?? "";
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** A text of a service without the keys, which it may repeat as they are, or escaped for JSON, HTML or a URL. */
  scrub(text: string): string {
    const keys = [...this.#values.values()].filter(({ length }) => length >= SHORTEST);
    return keys.reduce((result, key) => result.replace(anyFormOf(key), "[key]"), text);
  }

  toJSON(): string {
    return "[keys]";
  }

  [inspect.custom](): string {
    return "[keys]";
  }
}

/** Shorter texts are no keys, and are part of ordinary words. */
const SHORTEST = 4;

/** Each character as it is, after a backslash, as \\u002f, %2f, &#47; or &#x2f;, or as one of HTML's names. */
function anyFormOf(key: string): RegExp {
  const forms = Array.from(key, (character) => {
    const code = character.charCodeAt(0);
    const hex = [...code.toString(16).padStart(2, "0")].map((digit) => `[${digit}${digit.toUpperCase()}]`).join("");
    const name = HTML_NAMES[character];
    const html = `&(?:#0*${code}|#[xX]0*${hex}${name === undefined ? "" : `|${name}`});`;
    return `(?:\\\\?\\x${code.toString(16).padStart(2, "0")}|\\\\u00${hex}|%${hex}|${html})`;
  });
  return new RegExp(forms.join(""), "g");
}

const HTML_NAMES: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos" };

/** The most bytes of a file of keys. */
const LARGEST = 16_384;

/** @throws UserError when it cannot be read, others have access to it, or a line has no name. */
async function readKeyFile(path: string, names: readonly KeyName[]): Promise<Map<string, string>> {
  const failed = (error: unknown) => new UserError(`cannot read the keys ${path}: ${messageOf(error)}`);
  const status = await stat(path).catch((error: unknown) => {
    throw failed(error);
  });
  const open = status.mode & 0o077;
  if (open !== 0 && process.platform !== "win32")
    throw new UserError(
      `cannot read the keys ${path}: others than its owner have access to it (mode ${(status.mode & 0o777).toString(8)}); run chmod 600 on it`,
    );
  const text = await readText(path, LARGEST).catch((error: unknown) => {
    throw failed(error);
  });
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const [first = ""] = lines;
  const [only] = names;
  if (lines.length === 1 && only && !names.some(({ name }) => assignment(first)?.[0] === name))
    return new Map([[only.name, first.trim()]]);
  return new Map(
    lines.map((line, i) => {
      const found = assignment(line);
      if (!found) throw new UserError(`cannot read the keys ${path}: line ${i + 1} is not NAME=VALUE`);
      return found;
    }),
  );
}

/** The name and value of "NAME=VALUE", "export NAME=VALUE" or with quotes around the value. */
function assignment(line: string): readonly [string, string] | undefined {
  const [, name, quote = "", value] =
    /^(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=\s*(["']?)(.*)\2\s*$/.exec(line.trim()) ?? [];
  return name === undefined || value === undefined ? undefined : [name, quote === "" ? value.trim() : value];
}
