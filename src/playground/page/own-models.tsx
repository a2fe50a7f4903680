import { Scroller } from "../../widgets/scroller.js";
import { type AddedModel, added } from "./add-models.js";
import { recognizers } from "./state.js";

/** The models of the visitor, and how to add some. */
export const OwnModels = () => (
  <section class="card" aria-labelledby="models-title">
    <h2 id="models-title">Your own models</h2>
    <p>
      Drop an ONNX file on the page: a processor, or a recognizer with its sidecar JSON.
      {recognizers.value.every(({ own }) => !own) &&
        " The recognizers that are here know the classes of the samples only; for photographs, drop a classifier of your own."}
    </p>
    <ul class="models">
      {added.value.map((model) => (
        <li key={model.name}>
          <Inspected {...model} />
        </li>
      ))}
    </ul>
  </section>
);

/** What `inspect` says of a model: its plain figures, the rest as JSON. */
const Inspected = ({ name, kind, about }: AddedModel) => (
  <details>
    <summary>
      <strong>{name}</strong>, {kind}
    </summary>
    <dl>
      {Object.entries(about)
        .filter(([, value]) => typeof value !== "object")
        .map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{String(value)}</dd>
          </div>
        ))}
    </dl>
    {Object.values(about).some((value) => typeof value === "object") && (
      <Scroller label={`What inspect finds in ${name}`} class="inspected">
        <pre>{JSON.stringify(about, null, 1)}</pre>
      </Scroller>
    )}
  </details>
);
