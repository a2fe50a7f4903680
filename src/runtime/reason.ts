import { messageOf } from "../errors.js";

/** A place in ONNX Runtime's source with its function, such as "/src/core/clip.cc:107 void Clip::Compute(Context*) const ". */
const PLACE =
  /\S*\.(?:cc|cpp|h|hpp):\d+ (?:[^()]*(?:\((?:[^()]|\([^()]*\))*\))+(?: const)?(?: \[with [^\]]*\])? |[\w:]+ )(?:\S.*? was false\. (?=\S))?/g;

/** What ONNX Runtime reported, in one line, without places in its source and conditions that were checked there. */
export function runtimeReason(error: unknown): string {
  return messageOf(error).replace(/\s+/g, " ").replace(PLACE, "").trim();
}
