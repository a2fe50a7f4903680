import { z } from "zod";
import { UserError } from "../errors.js";
import { type ArrayType, arrayOf, sizeOf, type Tensor } from "./tensor.js";

/** A file of named tensors (https://github.com/huggingface/safetensors) with metadata. */
export interface Safetensors {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const codes = {
  float32: "F32",
  float64: "F64",
  float16: "F16",
  int64: "I64",
  int32: "I32",
  uint8: "U8",
  bool: "BOOL",
} as const;
type Stored = keyof typeof codes;
const names = new Map<string, Stored>(Object.entries(codes).map(([name, code]) => [code, name as Stored]));

const Entry = z.object({
  dtype: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});
const Header = z.object({ __metadata__: z.record(z.string(), z.string()).optional() }).catchall(Entry);

/** Data starts at a multiple of this many bytes, so that typed arrays can share its buffer. */
const ALIGNMENT = 8;

/**
 * Decodes the bytes of a safetensors file.
 * @param path the name of the file in messages.
 * @throws UserError if the bytes are truncated or of another format.
 */
export function decodeSafetensors(bytes: Uint8Array, path: string): Safetensors {
  const damaged = () => new UserError(`${path} is not a complete safetensors file`);
  if (bytes.length < 8) throw damaged();
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > bytes.length - 8) throw damaged();
  const { __metadata__: metadata = {}, ...entries } = parseHeader(
    new TextDecoder().decode(bytes.subarray(8, 8 + length)),
    damaged,
  );
  const data = bytes.subarray(8 + length);
  const tensors = Object.entries(entries).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [begin, end],
      },
    ]) => {
      const type = names.get(dtype);
      if (!type) throw new UserError(`${path}: the tensor "${name}" has the unsupported type ${dtype}`);
      if (end > data.length || begin > end) throw damaged();
      if (end - begin !== sizeOf(shape) * arrayOf[type].BYTES_PER_ELEMENT)
        throw new UserError(
          `${path} is damaged: the tensor "${name}" of shape [${shape.join(", ")}] has ${end - begin} bytes of ${dtype}`,
        );
      const copy = data.buffer.slice(data.byteOffset + begin, data.byteOffset + end);
      return [
        name,
        { type, shape, data: new arrayOf[type](copy, 0, copy.byteLength / arrayOf[type].BYTES_PER_ELEMENT) },
      ];
    },
  );
  return { tensors: Object.fromEntries(tensors), metadata };
}

function parseHeader(text: string, damaged: () => UserError): z.infer<typeof Header> {
  try {
    return Header.parse(JSON.parse(text));
  } catch {
    throw damaged();
  }
}

/** Encodes a safetensors file, in parts to concatenate. Tensors with wider elements come first, so that all are aligned. */
export function encodeSafetensors({ tensors, metadata }: Safetensors): Uint8Array[] {
  const width = ({ type }: Tensor) => arrayOf[type as ArrayType].BYTES_PER_ELEMENT;
  const entries = Object.entries(tensors).sort(([, a], [, b]) => width(b) - width(a));
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: metadata };
  for (const [name, { type, shape, data }] of entries) {
    const begin = offset;
    offset += data.byteLength;
    header[name] = { dtype: codes[type as Stored], shape, data_offsets: [begin, offset] };
  }
  const text = JSON.stringify(header);
  const unpadded = new TextEncoder().encode(text).length;
  const json = new TextEncoder().encode(text + " ".repeat((ALIGNMENT - (unpadded % ALIGNMENT)) % ALIGNMENT));
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(json.length), true);
  const data = entries.map(
    ([, tensor]) => new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength),
  );
  return [size, json, ...data];
}
