/** Whether a marker of a JPEG begins a frame header: SOF0 to SOF15, without DHT, JPG and DAC between them (ITU-T T.81, table B.1). */
export const isFrameMarker = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
