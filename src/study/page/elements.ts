/// <reference lib="dom" />

type Child = Node | string;

/** A new element with attributes and children. `false` leaves an attribute out; `true` sets one without a value. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | number | boolean>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const created = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== false) created.setAttribute(name, value === true ? "" : String(value));
  created.append(...children);
  return created;
}

/** The heading of a screen, which gets the focus when the screen appears. */
export const heading = (text: string): HTMLHeadingElement => element("h1", { tabindex: -1 }, text);

/** A paragraph for each part of a text that is separated by an empty line. */
export const paragraphs = (text: string): HTMLElement[] =>
  text
    .split(/\r?\n\s*\n/)
    .filter((part) => part.trim() !== "")
    .map((part) => element("p", {}, part.trim()));

/** Resolves when what was inserted so far is visible: after the frame that paints it. */
export const painted = (): Promise<number> =>
  new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));

/** Resolves after a time in milliseconds. */
export const delay = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
