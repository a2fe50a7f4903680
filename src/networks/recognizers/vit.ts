import { UserError } from "../../errors.js";
import { float32 } from "../../onnx/tensor.js";
import { FIXED, type Layers } from "../network.js";
import { type RecognizerNetwork, recognizer } from "./recognizer.js";

/** Hyperparameters of a vision transformer. */
export interface VitSize {
  /** Patch side in pixels. */
  readonly patch: number;
  /** Embedding dimension of a token; a multiple of 4 and of `heads`. */
  readonly channels: number;
  readonly heads: number;
  readonly blocks: number;
  /** Hidden dimension of the MLP blocks. */
  readonly hidden: number;
}

/**
 * A vision transformer (Dosovitskiy et al., ICLR 2021) in the plain form of Beyer et al. 2022: fixed sine-cosine position
 * embeddings and global average pooling instead of a class token.
 */
export const vitOf = (vit: VitSize): RecognizerNetwork =>
  recognizer({
    name: "vit",
    summary: `vision transformer: patches of ${vit.patch} pixels, ${vit.blocks} blocks of ${vit.channels} channels in ${vit.heads} heads`,
    features(layers, image, size) {
      const { b } = layers;
      const { patch, channels, blocks } = vit;
      if (size % patch)
        throw new UserError(
          `cannot build recognizer "vit": \`size\` ${size} is not a multiple of the patch size ${patch}`,
        );
      const side = size / patch;
      const embedded = layers.conv("patches", image, 3, channels, patch, { stride: patch, pad: 0 });
      const tokens = b.Transpose(b.Reshape(embedded, [0, channels, side * side]), [0, 2, 1]);
      let x = b.Add(tokens, b.initializer(`${FIXED}places`, positionEmbedding(side, channels)));
      for (let i = 0; i < blocks; i++) x = block(layers, `block${i}`, x, side * side, vit);
      const normal = b.Transpose(layers.layerNorm("tail.norm", x, channels), [0, 2, 1]);
      return { x: b.Reshape(normal, [0, channels, side, side]), channels };
    },
  });

/** The vision transformer with patches of 8 x 8 pixels, 6 blocks, 128 channels and 4 heads. */
export const vit = vitOf({ patch: 8, channels: 128, heads: 4, blocks: 6, hidden: 256 });

/** A pre-norm transformer block: self-attention, then an MLP, each with a residual connection. */
function block(layers: Layers, name: string, x: string, tokens: number, vit: VitSize): string {
  const { b } = layers;
  const { channels, hidden } = vit;
  const attended = attention(layers, `${name}.attention`, layers.layerNorm(`${name}.norm1`, x, channels), tokens, vit);
  const sum = b.Add(x, attended);
  const normal = layers.layerNorm(`${name}.norm2`, sum, channels);
  const inner = b.add("Gelu", [layers.linear(`${name}.linear1`, normal, channels, hidden)]);
  return b.Add(sum, layers.linear(`${name}.linear2`, inner, hidden, channels));
}

/** Multi-head self-attention: softmax(Q·Kᵀ / √d)·V in each head of d channels (Vaswani et al. 2017). */
function attention(layers: Layers, name: string, x: string, tokens: number, { channels, heads }: VitSize): string {
  const { b } = layers;
  const depth = channels / heads;
  const split = (part: string, perm: readonly number[]) => {
    const projected = layers.linear(`${name}.${part}`, x, channels, channels);
    return b.Transpose(b.Reshape(projected, [0, tokens, heads, depth]), perm);
  };
  const [queries, keys, values] = [
    split("queries", [0, 2, 1, 3]),
    split("keys", [0, 2, 3, 1]),
    split("values", [0, 2, 1, 3]),
  ];
  const weights = b.Softmax(b.Mul(b.MatMul(queries, keys), b.scalar(1 / Math.sqrt(depth))), -1);
  const joined = b.Reshape(b.Transpose(b.MatMul(weights, values), [0, 2, 1, 3]), [0, tokens, channels]);
  return layers.linear(`${name}.out`, joined, channels, channels);
}

/**
 * Fixed position embedding [1, side², channels]: sine and cosine of the token's column, then of its row, at wavelengths
 * spaced logarithmically from 2π to 2π · 10 000.
 */
function positionEmbedding(side: number, channels: number) {
  const quarter = channels / 4;
  const frequency = (i: number) => 10_000 ** (-i / Math.max(quarter - 1, 1));
  const values = Float32Array.from({ length: side * side * channels }, (_, i) => {
    const [token, channel] = [Math.floor(i / channels), i % channels];
    const position = channel < channels / 2 ? token % side : Math.floor(token / side);
    const angle = position * frequency(channel % quarter);
    return Math.floor(channel / quarter) % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
  return float32(values, [1, side * side, channels]);
}
