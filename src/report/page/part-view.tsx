import type { FactsPart, Part, PicturePart, TextPart } from "../document.js";
import { Gallery } from "./gallery.js";
import { HistogramView } from "./histogram.js";
import { LinesView } from "./lines.js";
import { MatrixView } from "./matrix.js";
import { PredictionsView } from "./predictions.js";
import { ScatterView } from "./scatter.js";
import { TableView } from "./table-part.js";

/** A part by its kind. */
export function PartView({ part }: { part: Part }) {
  switch (part.kind) {
    case "text":
      return <TextView {...part} />;
    case "facts":
      return <FactsView {...part} />;
    case "picture":
      return <PictureView {...part} />;
    case "table":
      return <TableView part={part} />;
    case "matrix":
      return <MatrixView {...part} />;
    case "scatter":
      return <ScatterView part={part} />;
    case "lines":
      return <LinesView part={part} />;
    case "histogram":
      return <HistogramView part={part} />;
    case "predictions":
      return <PredictionsView part={part} />;
    case "gallery":
      return <Gallery part={part} />;
  }
}

const TextView = ({ lines }: TextPart) => (
  <div class="prose">
    {lines.map((line) => (
      <p key={line}>{line}</p>
    ))}
  </div>
);

const FactsView = ({ facts }: FactsPart) => (
  <dl class="facts">
    {facts.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

const PictureView = ({ caption, image }: PicturePart) => (
  <figure class="picture">
    <img src={image} alt={caption} />
    <figcaption>{caption}</figcaption>
  </figure>
);
