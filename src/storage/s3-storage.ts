import { isHidden } from "../platform/node/image-files.js";
import { placeOf, S3Objects, type S3Place } from "./s3-client.js";
import type { Storage, StorageOptions, StoredFile } from "./storage.js";

/** Files in a bucket, below a prefix. */
export class S3Storage implements Storage {
  private constructor(
    readonly location: string,
    private readonly root: S3Place,
    private readonly objects: S3Objects,
  ) {}

  /** @throws UserError when the location names no bucket. */
  static async open(location: string, options: StorageOptions): Promise<S3Storage> {
    const { bucket, key } = placeOf(location);
    return new S3Storage(location, { bucket, key: key === "" ? "" : `${key}/` }, await S3Objects.open(options));
  }

  async *list(): AsyncIterable<StoredFile> {
    for await (const { key, size } of this.objects.list(this.root)) {
      const name = key.slice(this.root.key.length);
      if (!name.endsWith("/") && !name.split("/").some(isHidden)) yield { name, size };
    }
  }

  read(name: string): Promise<Buffer> {
    return this.objects.read(this.at(name));
  }

  size(name: string): Promise<number | undefined> {
    return this.objects.size(this.at(name));
  }

  write(name: string, content: Uint8Array): Promise<void> {
    return this.objects.write(this.at(name), content);
  }

  async close(): Promise<void> {
    this.objects.close();
  }

  private at(name: string): S3Place {
    return { ...this.root, key: `${this.root.key}${name}` };
  }
}
