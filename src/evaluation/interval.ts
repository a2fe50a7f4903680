/** The interval of a figure, 95 %; null if the figure is not defined. */
export type Interval = readonly [low: number, high: number] | null;
