import assert from "node:assert/strict";
import { test } from "node:test";
import { adjustColor, type ColorFactors } from "./color.js";

const PIXELS = [200, 30, 90, 10, 240, 60, 128, 128, 128, 250, 250, 5];

// Brightness, Contrast and Color of Pillow's PIL.ImageEnhance on the same four pixels. Pillow truncates gray and result.
const pillows: Readonly<Record<string, [Partial<ColorFactors>, number[]]>> = {
  "1.4 times the brightness": [{ brightness: 1.4 }, [255, 42, 126, 14, 255, 84, 179, 179, 179, 255, 255, 7]],
  "half the contrast": [{ contrast: 0.5 }, [173, 88, 118, 78, 193, 103, 137, 137, 137, 198, 198, 76]],
  "1.6 times the contrast": [{ contrast: 1.6 }, [231, 0, 55, 0, 255, 7, 116, 116, 116, 255, 255, 0]],
  "0.3 times the saturation": [{ saturation: 0.3 }, [121, 70, 88, 108, 177, 123, 128, 128, 128, 230, 230, 156]],
  "1.7 times the saturation": [{ saturation: 1.7 }, [255, 0, 91, 0, 255, 0, 128, 128, 128, 255, 255, 0]],
};

for (const [name, [factors, expected]] of Object.entries(pillows))
  test(`${name} equals Pillow's result within one level`, () => {
    const image = { width: 2, height: 2, data: Uint8Array.from(PIXELS) };
    const { data } = adjustColor(image, { brightness: 1, contrast: 1, saturation: 1, ...factors });
    for (const [i, value] of data.entries()) assert.ok(Math.abs(value - (expected[i] as number)) <= 1, `${[...data]}`);
  });
