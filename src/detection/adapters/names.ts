/** The names of the adapters, in the order in which they are tried. */
export const adapterNames = ["selected", "boxes-and-scores", "rows", "grid", "levels", "anchors"] as const;
export type AdapterName = (typeof adapterNames)[number];
