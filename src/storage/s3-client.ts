import type { S3Client as Client } from "@aws-sdk/client-s3";
import { messageOf, PassingError, UserError } from "../errors.js";
import { S3, type StorageOptions } from "./storage.js";

/** Milliseconds in which a connection is made, and after which a request without data has failed. */
const [CONNECTING, STALLED] = [5_000, 60_000];

/** Bytes of an object above which it is sent in parts, and of each part. */
const PART = 8 * 2 ** 20;

/** The name of a bucket, and the key of an object or a prefix in it. */
export interface S3Place {
  readonly bucket: string;
  readonly key: string;
}

/** "s3://bucket/a/b" @throws UserError when it names no bucket. */
export function placeOf(location: string): S3Place {
  const [, bucket, key = ""] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(location) ?? [];
  if (bucket === undefined) throw new UserError(`${location} names no bucket; expected ${S3}bucket/prefix`);
  return { bucket, key };
}

/** Objects of an S3-compatible service. Its credentials are those that the AWS command line would find. */
export class S3Objects {
  private constructor(
    private readonly client: Client,
    private readonly sdk: typeof import("@aws-sdk/client-s3"),
  ) {}

  static async open({ endpoint = process.env.LEGIBLE_S3_ENDPOINT }: StorageOptions): Promise<S3Objects> {
    const sdk = await import("@aws-sdk/client-s3");
    const own = endpoint === undefined ? {} : { endpoint, forcePathStyle: true };
    const region = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? "us-east-1";
    const requestHandler = { connectionTimeout: CONNECTING, requestTimeout: STALLED, throwOnRequestTimeout: true };
    // Checksums that only Amazon's own service needs make others refuse uploads.
    const checks = {
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    } as const;
    return new S3Objects(new sdk.S3Client({ ...own, ...checks, region, requestHandler, maxAttempts: 3 }), sdk);
  }

  /** The keys and sizes of all objects whose keys start with a prefix; a page of a thousand is in memory. */
  async *list({ bucket, key }: S3Place): AsyncIterable<{ key: string; size: number }> {
    let token: string | undefined;
    do {
      const request = { Bucket: bucket, Prefix: key, ...(token !== undefined && { ContinuationToken: token }) };
      const page = await this.send({ bucket, key }, (sdk) => this.client.send(new sdk.ListObjectsV2Command(request)));
      for (const { Key, Size } of page.Contents ?? []) if (Key !== undefined) yield { key: Key, size: Size ?? 0 };
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async read(place: S3Place): Promise<Buffer> {
    return this.send(place, async (sdk) => {
      const request = { Bucket: place.bucket, Key: place.key };
      const { Body, ContentLength } = await this.client.send(new sdk.GetObjectCommand(request));
      const content = Buffer.from((await Body?.transformToByteArray()) ?? []);
      if (ContentLength !== undefined && content.length !== ContentLength)
        throw new PassingError(`cannot read ${nameOf(place)}: the connection ended after ${content.length} bytes`);
      return content;
    });
  }

  /** Bytes of an object; undefined: there is none. */
  async size(place: S3Place): Promise<number | undefined> {
    try {
      const request = { Bucket: place.bucket, Key: place.key };
      const { ContentLength } = await this.send(place, (sdk) => this.client.send(new sdk.HeadObjectCommand(request)));
      return ContentLength;
    } catch (error) {
      if (error instanceof MissingObject) return undefined;
      throw error;
    }
  }

  /** Writes an object. A service shows it when all of it has arrived. */
  async write(place: S3Place, content: Uint8Array): Promise<void> {
    const params = { Bucket: place.bucket, Key: place.key, Body: content };
    await this.send(place, async (sdk) => {
      if (content.length <= PART) return this.client.send(new sdk.PutObjectCommand(params));
      const { Upload } = await import("@aws-sdk/lib-storage");
      return new Upload({ client: this.client, params, partSize: PART, queueSize: 2, leavePartsOnError: false }).done();
    });
  }

  close(): void {
    this.client.destroy();
  }

  private async send<T>(place: S3Place, request: (sdk: S3Objects["sdk"]) => Promise<T>): Promise<T> {
    try {
      return await request(this.sdk);
    } catch (error) {
      throw failureOf(place, error);
    }
  }
}

/** There is no such object. */
class MissingObject extends UserError {}

const nameOf = ({ bucket, key }: S3Place): string => `${S3}${bucket}/${key}`;

function failureOf(place: S3Place, error: unknown): UserError {
  if (error instanceof UserError) return error;
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const [status, at] = [$metadata?.httpStatusCode, nameOf(place)];
  if (name === "NoSuchBucket") return new UserError(`there is no bucket ${place.bucket}`);
  if (name === "NoSuchKey" || name === "NotFound")
    return new MissingObject(`cannot read ${at}: there is no such object`);
  if (name === "CredentialsProviderError")
    return new UserError(`no credentials for ${at}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`);
  if (status === 401 || status === 403)
    return new UserError(
      `the service refuses the access to ${at}: ${name ?? "denied"}; check the credentials and their rights`,
    );
  const mayPass = status === undefined || status === 408 || status === 429 || status >= 500;
  return new (mayPass ? PassingError : UserError)(`cannot use ${at}: ${reasonOf(error)}`);
}

function reasonOf(error: unknown): string {
  const { code, name } = error as NodeJS.ErrnoException;
  if (code === "ECONNREFUSED") return "nothing listens at the address of the service";
  const message = messageOf(error);
  return message === "" || message === "UnknownError" ? (name ?? "unknown") : message;
}
