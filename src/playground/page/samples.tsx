import { openImage } from "./open-image.js";
import { activity, manifest, problem } from "./state.js";

/** Images that the project renders itself; the packaged recognizers know their classes. */
export function Samples() {
  const samples = manifest.value?.samples ?? [];
  const open = async (file: string, name: string) => {
    activity.value = { text: `loading ${name}` };
    try {
      await openImage(await (await fetch(file)).blob(), name);
    } catch {
      problem.value = `Cannot load the sample ${name}.`;
      activity.value = undefined;
    }
  };
  return (
    <div class="samples">
      <h3 id="samples-title">Samples</h3>
      <ul aria-labelledby="samples-title">
        {samples.map(({ name, file, width, height }) => (
          <li key={file}>
            <button type="button" onClick={() => open(file, name)} aria-label={`Sample ${name}`} title={name}>
              <img src={file} alt="" width={width} height={height} loading="lazy" />
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
