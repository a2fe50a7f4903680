/** Which part of an image a frame shows, and where the divider is. */
export interface ViewPlace {
  /** Percentage of the frame's width to the left of the divider. */
  readonly divider: number;
  /** 1: the whole image. */
  readonly zoom: number;
  /** The point of the image in the middle of the frame, as shares of its width and height. */
  readonly x: number;
  readonly y: number;
}

export const WHOLE: ViewPlace = { divider: 50, zoom: 1, x: 0.5, y: 0.5 };

export const LARGEST_ZOOM = 16;

const within = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** The place with all its numbers in their ranges: the image always fills the frame. */
function kept(place: ViewPlace): ViewPlace {
  const zoom = within(place.zoom, 1, LARGEST_ZOOM);
  const half = 0.5 / zoom;
  return {
    divider: within(place.divider, 0, 100),
    zoom,
    x: within(place.x, half, 1 - half),
    y: within(place.y, half, 1 - half),
  };
}

/** The point of the image at a point of the frame, both as shares of width and height. */
export const imagePoint = (place: ViewPlace, x: number, y: number): { readonly x: number; readonly y: number } => ({
  x: within(place.x + (x - 0.5) / place.zoom, 0, 1),
  y: within(place.y + (y - 0.5) / place.zoom, 0, 1),
});

/** Zooms by a factor; the image point at (x, y) of the frame, its middle by default, stays there. */
export function zoomed(place: ViewPlace, factor: number, x = 0.5, y = 0.5): ViewPlace {
  const zoom = within(place.zoom * factor, 1, LARGEST_ZOOM);
  const change = 1 / place.zoom - 1 / zoom;
  return kept({ ...place, zoom, x: place.x + (x - 0.5) * change, y: place.y + (y - 0.5) * change });
}

/** Moves the image with the pointer, by shares of the frame. */
export const panned = (place: ViewPlace, dx: number, dy: number): ViewPlace =>
  kept({ ...place, x: place.x - dx / place.zoom, y: place.y - dy / place.zoom });

/** Moves the divider to a percentage of the frame. */
export const divided = (place: ViewPlace, divider: number): ViewPlace => kept({ ...place, divider });
