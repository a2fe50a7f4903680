"""Writes Swin2SR for x4 (the configuration of `caidas/swin2SR-classical-sr-x4-64`) for transformers.js, with random weights:

    python bench/swin2sr.py SIDE FOLDER

Its time and memory do not depend on the weights; its PSNR is not that of the trained network. SIDE is that of the input in pixels.
Needs the packages torch, transformers, onnx and onnxruntime.
"""

import json
import sys
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import Swin2SRConfig, Swin2SRForImageSuperResolution

PAD = 8
side, folder = int(sys.argv[1]), Path(sys.argv[2])
(folder / "onnx").mkdir(parents=True, exist_ok=True)
config = Swin2SRConfig(
    upscale=4, image_size=64, embed_dim=180, depths=[6] * 6, num_heads=[6] * 6, window_size=8, upsampler="pixelshuffle"
)
torch.manual_seed(0)
model = Swin2SRForImageSuperResolution(config).eval()
padded = -(-side // PAD) * PAD  # as the image processor of transformers.js
with torch.no_grad():
    torch.onnx.export(
        model,
        (torch.rand(1, 3, padded, padded),),
        folder / "onnx" / "model.onnx",
        input_names=["pixel_values"],
        output_names=["reconstruction"],
        opset_version=17,
        dynamo=False,
    )
quantize_dynamic(
    folder / "onnx" / "model.onnx", folder / "onnx" / "model_quantized.onnx", weight_type=QuantType.QUInt8
)
config.architectures = ["Swin2SRForImageSuperResolution"]
config.save_pretrained(folder)
processor = {
    "image_processor_type": "Swin2SRImageProcessor",
    "do_pad": True,
    "pad_size": PAD,
    "do_rescale": True,
    "rescale_factor": 1 / 255,
}
(folder / "preprocessor_config.json").write_text(json.dumps(processor))
