import { UserError } from "../errors.js";
import { arrayOf, isArrayType, sizeOf, type Tensor, toNumbers } from "./tensor.js";

/** The most elements of a dense tensor made from a sparse one (256 MiB of float32): a small file could declare any size. */
const MAXIMUM_ELEMENTS = 2 ** 26;

/**
 * The dense tensor of a sparse one (SparseTensorProto), with zeros where it has no value.
 * @param values the n values that are not zero.
 * @param indices int64 [n], positions in the flattened tensor, or [n, rank], one position along each axis.
 * @throws UserError if the dense tensor is too large, an index is outside it, or the sizes of values and indices disagree.
 */
export function denseOf(values: Tensor, indices: Tensor, shape: readonly number[], where: string): Tensor {
  const size = sizeOf(shape);
  if (!(size <= MAXIMUM_ELEMENTS))
    throw new UserError(`${where} is sparse and would have ${size} elements as a dense one; the most are 2^26`);
  if (!isArrayType(values.type)) throw new UserError(`${where} is sparse and of type ${values.type}`);
  const data = new arrayOf[values.type](size);
  const count = values.data.length;
  const depth = indices.shape.length === 2 ? shape.length : 1;
  const numbers = toNumbers(indices);
  if (indices.shape.length > 2 || numbers.length !== count * depth || indices.shape[0] !== count)
    throw new UserError(`${where} has ${count} values for indices of shape [${indices.shape}]`);
  for (let i = 0; i < count; i++) {
    const at = position(numbers.slice(i * depth, (i + 1) * depth), indices.shape.length === 2 ? shape : [size]);
    if (at === undefined) throw new UserError(`${where} of shape [${shape}] has an index outside of it`);
    data[at] = values.data[i] as never;
  }
  return { type: values.type, shape, data };
}

/** The position in the flattened tensor; undefined if an index is outside. */
function position(index: readonly number[], shape: readonly number[]): number | undefined {
  let at = 0;
  for (const [axis, size] of shape.entries()) {
    const along = index[axis] ?? -1;
    if (along < 0 || along >= size) return undefined;
    at = at * size + along;
  }
  return at;
}
