/**
 * The bytes in memory that a worker can get without a copy: `bytes` is empty afterwards.
 * @returns undefined, with `bytes` unchanged, if they are a part of larger memory, or of a native library or Node's pool.
 */
export function movedMemory(bytes: Uint8Array): Uint8Array | undefined {
  const { buffer, byteLength } = bytes;
  if (byteLength !== buffer.byteLength || !(buffer instanceof ArrayBuffer)) return undefined;
  try {
    return new Uint8Array(structuredClone(buffer, { transfer: [buffer] }));
  } catch (error) {
    if (error instanceof Error && error.name === "DataCloneError") return undefined;
    throw error;
  }
}
