import { resolve } from "node:path";

/** A file in a storage. */
export interface StoredFile {
  /** Relative to the folder or the prefix, with "/". */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

/** Where files are: a folder, or a bucket of an S3-compatible service with a prefix. Names use "/". */
export interface Storage {
  /** A folder's absolute path, or s3://bucket/prefix. */
  readonly location: string;
  /** All files, in no order; hidden ones are left out. Memory does not grow with their number. */
  list(): AsyncIterable<StoredFile>;
  /** @throws UserError when there is no such file, PassingError when another try may succeed. */
  read(name: string): Promise<Buffer>;
  /** Bytes of a file; undefined: there is none. */
  size(name: string): Promise<number | undefined>;
  /**
   * Writes a file, whole or not at all, and replaces one of that name.
   * @throws UserError when it cannot be written, PassingError when another try may succeed.
   */
  write(name: string, content: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** How a service is reached. */
export interface StorageOptions {
  /** The address of an S3-compatible service. Default: LEGIBLE_S3_ENDPOINT, or Amazon's. */
  readonly endpoint?: string | undefined;
}

/** The start of the location of a bucket. */
export const S3 = "s3://";

/** A location that is the same from every folder. */
export const absoluteLocation = (location: string): string =>
  location.startsWith(S3) ? location.replace(/\/+$/, "") : resolve(location);
