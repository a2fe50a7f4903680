/** The supported element types, with the names of ONNX Runtime. */
export type DataType =
  | "float32"
  | "float64"
  | "float16"
  | "bfloat16"
  | "int64"
  | "int32"
  | "int16"
  | "int8"
  | "uint64"
  | "uint32"
  | "uint16"
  | "uint8"
  | "bool"
  | "string"
  | CarriedType;

/** Element types that are read and written but never computed with here, with their size in bits. */
export const carriedBits = {
  float8e4m3fn: 8,
  float8e4m3fnuz: 8,
  float8e5m2: 8,
  float8e5m2fnuz: 8,
  uint4: 4,
  int4: 4,
} as const;
type CarriedType = keyof typeof carriedBits;

/** The element types with a typed array of one element each. */
export type ArrayType = Exclude<DataType, "string" | CarriedType>;

/** Whether a typed array holds one element of this type in each place. */
export const isArrayType = (type: DataType): type is ArrayType => Object.hasOwn(arrayOf, type);

/** The elements of a tensor. `Tensor` defines the array of each data type. */
export type NumericData =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array;

/**
 * A dense row-major array. float16 and bfloat16 are stored as their bits (Uint16Array), bool as 0 or 1 (Uint8Array), strings as
 * `packTexts` makes them, and carried types as the bytes of the file.
 */
export interface Tensor {
  readonly type: DataType;
  readonly shape: readonly number[];
  readonly data: NumericData;
}

type Constructor = { new (buffer: ArrayBufferLike, offset: number, length: number): NumericData } & {
  new (length: number): NumericData;
  BYTES_PER_ELEMENT: number;
};

/** The typed array for each element type. */
export const arrayOf: Record<ArrayType, Constructor> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/** The number of elements of a shape; 1 for a scalar. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** The size in bytes of the elements of a tensor that is not of strings. */
export const byteSize = (type: Exclude<DataType, "string">, shape: readonly number[]): number =>
  isArrayType(type)
    ? sizeOf(shape) * arrayOf[type].BYTES_PER_ELEMENT
    : Math.ceil((sizeOf(shape) * carriedBits[type]) / 8);

/** A float32 tensor; a plain array of numbers is converted. */
export const float32 = (data: Float32Array | readonly number[], shape: readonly number[] = [data.length]): Tensor => ({
  type: "float32",
  shape,
  data: data instanceof Float32Array ? data : Float32Array.from(data),
});

/** An int64 tensor from integers, as ONNX requires for shapes, axes and labels. */
export const int64 = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor => ({
  type: "int64",
  shape,
  data: BigInt64Array.from(values, BigInt),
});

/** A tensor of zeros (false for bool). */
export const zeros = (type: ArrayType, shape: readonly number[]): Tensor => ({
  type,
  shape,
  data: new arrayOf[type](sizeOf(shape)),
});

/** The elements as numbers. Meant for small tensors: shapes, axes, scalars. */
export const toNumbers = (tensor: Tensor): number[] => Array.from<number | bigint, number>(tensor.data, Number);
