import type { Measured } from "../processors/processor.js";

/*
 * Before a processor first enhances an image it is run on small images, which takes longer than a small image itself. For
 * published models the results are known. testing/write-measured.ts writes this file.
 */

/** What `Processor` measures of published models, by the SHA-256 of their files. */
export const measuredBefore: Readonly<Record<string, Measured>> = {
  // all-m-plain.onnx
  afd0c72f144e97a206fe140238119921f5431b86753c6478745f1cd7710b15f4: {
    geometry: { scale: 1, multiple: 1 },
    receptiveRadius: 62,
    border: 0,
    featureBytes: 108,
  },
  // all-m-ra.onnx
  "09481db57cc1afbbee6d48da0ffd0b515fa7245ea1357b28ffe8a6bb0791142c": {
    geometry: { scale: 1, multiple: 1 },
    receptiveRadius: 62,
    border: 0,
    featureBytes: 108,
  },
  // denoise-m-plain.onnx
  "0c974a5dd97abb40623d79c84640e63e7bc0593dd51d65bf4c4f6353e3e8dfbc": {
    geometry: { scale: 1, multiple: 1 },
    receptiveRadius: 28,
    border: 0,
    featureBytes: 204,
  },
  // denoise-m-ra.onnx
  ebd82ed65269cb188e40f159b5c01f9493fc1e994c938ae3ed5bbbbc17e63d47: {
    geometry: { scale: 1, multiple: 1 },
    receptiveRadius: 28,
    border: 0,
    featureBytes: 204,
  },
  // denoise-s-plain.onnx
  "9ddc64854bf2424ba997f3ca8fa2c5faad3ce2e881e12147ce9622d91a360d0f": {
    geometry: { scale: 1, multiple: 1 },
    receptiveRadius: 62,
    border: 0,
    featureBytes: 60,
  },
  // denoise-s-ra.onnx
  "0af2b593f81b5c8552dd9cfca50eceb582f54df6dd93ee56e59cd9120df3b6f6": {
    geometry: { scale: 1, multiple: 1 },
    receptiveRadius: 62,
    border: 0,
    featureBytes: 60,
  },
  // jpeg-m-plain.onnx
  "6d26063b16f4408718179fe55f1c9e486557b5eae2f7edbba55a9843e274bc28": {
    geometry: { scale: 1, multiple: 1 },
    receptiveRadius: 62,
    border: 0,
    featureBytes: 108,
  },
  // jpeg-m-ra.onnx
  "9773a50e57db94d32b6dcadca56f711105f544aa4e115f02fc6f0da781a0da40": {
    geometry: { scale: 1, multiple: 1 },
    receptiveRadius: 62,
    border: 0,
    featureBytes: 108,
  },
  // jpeg-s-plain.onnx
  b98de4a36ab6695a3bfa788a9460e87a00a276aedc349ccd0a406d11143b748e: {
    geometry: { scale: 1, multiple: 1 },
    receptiveRadius: 62,
    border: 0,
    featureBytes: 60,
  },
  // jpeg-s-ra.onnx
  da87982f69502350a4de2e70b815c9b9a9d77fbb1da718fa833402e397ea3a13: {
    geometry: { scale: 1, multiple: 1 },
    receptiveRadius: 62,
    border: 0,
    featureBytes: 60,
  },
  // sr-x2-m-plain.onnx
  "2cce160039a3bfa2ca53738f1300087d90908349ae183aa8e7917aa634815edb": {
    geometry: { scale: 2, multiple: 1 },
    receptiveRadius: 15,
    border: 0,
    featureBytes: 780,
  },
  // sr-x2-m-ra.onnx
  d0e890405ac4da06707a6412f396bb60b343cdd97f40f316197c63e71e0e54bb: {
    geometry: { scale: 2, multiple: 1 },
    receptiveRadius: 15,
    border: 0,
    featureBytes: 780,
  },
  // sr-x2-s-plain.onnx
  "52a3653d69e79fa0e32ee2b75c8a0c22ac8e4dd267f6cb4d150f0912369b8b27": {
    geometry: { scale: 2, multiple: 1 },
    receptiveRadius: 11,
    border: 0,
    featureBytes: 396,
  },
  // sr-x2-s-ra.onnx
  f598f132c4e76dc4557f9ce51fc017e7a3a52fe85ced50607316a71ac0c3bf84: {
    geometry: { scale: 2, multiple: 1 },
    receptiveRadius: 11,
    border: 0,
    featureBytes: 396,
  },
  // sr-x4-m-plain.onnx
  a61a79ee009947e9e821317101a0bbf67af4c4792914eb18f3c52b906bf393cb: {
    geometry: { scale: 4, multiple: 1 },
    receptiveRadius: 16,
    border: 0,
    featureBytes: 1548,
  },
  // sr-x4-m-ra.onnx
  "96c57340794b8884795ce7b4d5d5953283084821b4c9f49c8baa8d34ad0e7d7b": {
    geometry: { scale: 4, multiple: 1 },
    receptiveRadius: 16,
    border: 0,
    featureBytes: 1548,
  },
  // sr-x4-plain.onnx
  "366d02fba47a076b574662c5d244d9dbfacfce390b6b95b32746a5b76d7983bb": {
    geometry: { scale: 4, multiple: 1 },
    receptiveRadius: 15,
    border: 8,
    featureBytes: 780,
  },
  // sr-x4-ra.onnx
  "03a6d3916ef195bf40e5a7fd97746a639c2b1885271a408b928dbb11a0eaa92c": {
    geometry: { scale: 4, multiple: 1 },
    receptiveRadius: 15,
    border: 8,
    featureBytes: 780,
  },
  // sr-x4-s-plain.onnx
  "6428fdfdbacbb4fa5007bbd30a66c7e09948aae4f8b46b450fd48489c149f5fb": {
    geometry: { scale: 4, multiple: 1 },
    receptiveRadius: 16,
    border: 0,
    featureBytes: 780,
  },
  // sr-x4-s-ra.onnx
  "7bb934fc25d0fbe0f39befed415ee659f1ee501630592fa327be9f7e215b23a6": {
    geometry: { scale: 4, multiple: 1 },
    receptiveRadius: 16,
    border: 0,
    featureBytes: 780,
  },
};
