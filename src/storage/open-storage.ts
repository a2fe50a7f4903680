import { resolve } from "node:path";
import { FolderStorage } from "./folder-storage.js";
import { absoluteLocation, S3, type Storage, type StorageOptions } from "./storage.js";

/**
 * Opens the storage at a location. Nothing is created before the first file is written.
 * @param location a folder, or s3://bucket/prefix.
 * @throws UserError when the location is no name of a bucket.
 */
export async function openStorage(location: string, options: StorageOptions = {}): Promise<Storage> {
  if (!location.startsWith(S3)) return new FolderStorage(resolve(location));
  const { S3Storage } = await import("./s3-storage.js");
  return S3Storage.open(absoluteLocation(location), options);
}
