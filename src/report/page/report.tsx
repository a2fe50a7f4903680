import type { Highlight, ReportDocument, Section } from "../document.js";
import { PartView } from "./part-view.js";

/** The whole page. */
export function Report({ document: { title, warning, summary, highlights, sections } }: { document: ReportDocument }) {
  return (
    <>
      {warning !== undefined && <p class="warning">{warning}</p>}
      <header class="page-header">
        <h1>{title}</h1>
        <p class="summary">{summary}</p>
        {highlights.length > 0 && (
          <ul class="highlights" aria-label="Main results">
            {highlights.map((highlight) => (
              <HighlightView key={highlight.label} {...highlight} />
            ))}
          </ul>
        )}
      </header>
      <nav aria-label="Sections">
        <ul>
          {sections.map((section, i) => (
            <li key={section.title}>
              <a href={`#section-${i + 1}`}>{section.title}</a>
            </li>
          ))}
        </ul>
      </nav>
      <main>
        {sections.map((section, i) => (
          <SectionView key={section.title} {...section} id={`section-${i + 1}`} />
        ))}
      </main>
    </>
  );
}

const HighlightView = ({ label, value, detail, tone }: Highlight) => (
  <li>
    <span class="label">{label}</span>
    <span class={`value ${tone ?? ""}`}>{value}</span>
    {detail !== undefined && <span class="detail">{detail}</span>}
  </li>
);

const SectionView = ({ title, parts, id }: Section & { readonly id: string }) => (
  <section id={id} aria-labelledby={`${id}-title`} class="part-list">
    <h2 id={`${id}-title`}>{title}</h2>
    {parts.map((part, i) => (
      <PartView key={`${i}`} part={part} />
    ))}
  </section>
);
