import { library } from "./state.js";

/** Where the networks run, and why not faster. */
export function DeviceNote() {
  const used = library.value?.used;
  if (!used) return null;
  const { device, threads, adapter, fallback } = used;
  const threadText = `${threads} ${threads === 1 ? "thread" : "threads"}`;
  return (
    <p class="device">
      <strong>{device === "webgpu" ? `WebGPU: ${adapter ?? "adapter"}` : `WebAssembly, ${threadText}`}</strong>
      {fallback && <span> ({fallback})</span>}
    </p>
  );
}
