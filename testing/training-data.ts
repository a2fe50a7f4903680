/** A folder of images that published models were trained with. */
export interface TrainingData {
  readonly content: string;
  readonly license: string;
}

/** The training data of published models, by the folder's name. The repository contains none of these images. */
export const trainingData: Readonly<Record<string, TrainingData>> = {
  "imagenet-train-1000": {
    content: "ImageNet photographs, one of each of the 1,000 classes, shorter side 256",
    license: "no license stated; ImageNet terms of access: non-commercial research and education",
  },
  "imagenette-train": {
    content: "ImageNet training photographs of 10 classes, 205 of each, shorter side 224",
    license: "no license stated; ImageNet terms of access: non-commercial research and education",
  },
  "bsds-train-400": {
    content: "Berkeley segmentation photographs: BSDS500 without its validation part, without labels",
    license: "Berkeley: non-commercial research and education",
  },
};
