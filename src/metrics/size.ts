import { UserError } from "../errors.js";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** @throws UserError when two images have different sizes. */
export function assertSameSize(a: Size, b: Size): void {
  if (a.width !== b.width || a.height !== b.height)
    throw new UserError(`cannot compare an image of ${a.width}x${a.height} with one of ${b.width}x${b.height}`);
}
