"""
Exports detectors of several families as their users do, with the boxes of their own post-processing.

    python testing/exported-detectors.py FOLDER [NAME ...]
    node dist/testing/exported-detectors.js FOLDER

The networks are small and have random weights. FOLDER gets NAME.onnx, its sidecar NAME.json, and NAME.expected.json with the boxes
that PyTorch finds in image.png or, for networks with an input of fixed size, in square.png. Needs torch, torchvision, transformers,
onnx, onnxscript, Pillow.
"""

import json
import math
import os
import sys
import warnings

import numpy
import torch
from PIL import Image
from torch import nn

warnings.filterwarnings("ignore")
THRESHOLD = 0.02
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def random_weights(model, scale=1.0):
    """Weights that give boxes of different classes and scores."""
    generator = torch.Generator().manual_seed(7)
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            fan = parameter[0].numel()
            parameter.data = torch.randn(parameter.shape, generator=generator) * scale / math.sqrt(fan)
        elif name.endswith("bias"):
            parameter.data = torch.randn(parameter.shape, generator=generator) * 0.3
    return model.eval()


def formula_image(width, height):
    y, x = numpy.mgrid[0:height, 0:width]
    channels = [127 + 100 * numpy.sin(x / (5 + 3 * c) + y / (9 - 2 * c)) for c in range(3)]
    pixels = numpy.clip(numpy.stack(channels, 2) + (x[..., None] % 37) - 18, 0, 255)
    return pixels.astype(numpy.uint8)


def tensor_of(pixels):
    return torch.from_numpy(pixels.astype(numpy.float32) / 255).permute(2, 0, 1)


def normalized(tensor):
    return (tensor - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]


class Torchvision(nn.Module):
    """boxes, labels, scores of the only image."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image):
        found = self.model([image])[0]
        return found["boxes"], found["labels"], found["scores"]


def torchvision_case(build, label_offset=1):
    def case(folder, name, image, square):
        model = Torchvision(random_weights(build()))
        tensor = tensor_of(image)
        with torch.no_grad():
            boxes, labels, scores = model(tensor)
        axes = {"image": {1: "height", 2: "width"}, "boxes": {0: "K"}, "labels": {0: "K"}, "scores": {0: "K"}}
        torch.onnx.export(
            model, (tensor,), f"{folder}/{name}.onnx", input_names=["image"], output_names=["boxes", "labels", "scores"],
            dynamic_axes=axes, dynamo=False, opset_version=17,
        )
        return {"input": {}}, "image", boxes, labels - label_offset, scores

    return case


def faster_rcnn():
    from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_320_fpn as build

    options = {"box_score_thresh": THRESHOLD, "rpn_pre_nms_top_n_test": 100, "rpn_post_nms_top_n_test": 40}
    return build(weights=None, weights_backbone=None, num_classes=7, min_size=128, max_size=192, **options)


def ssdlite():
    from torchvision.models.detection import ssdlite320_mobilenet_v3_large as build

    return build(weights=None, weights_backbone=None, num_classes=7, score_thresh=0.2, detections_per_img=100)


def retinanet():
    from torchvision.models import mobilenet_v3_small
    from torchvision.models.detection.backbone_utils import _mobilenet_extractor
    from torchvision.models.detection.retinanet import RetinaNet

    backbone = _mobilenet_extractor(mobilenet_v3_small(weights=None), True, 6)
    return RetinaNet(
        backbone, 6, anchor_generator=anchor_generator(), min_size=128, max_size=192, score_thresh=0.3, detections_per_img=100
    )


SIZES = [[32.0, 40.3, 50.8], [64.0, 80.6, 101.6], [128.0, 161.3, 203.2]]


def anchor_generator():
    from torchvision.models.detection.anchor_utils import AnchorGenerator

    return AnchorGenerator(tuple(tuple(s) for s in SIZES), tuple((0.5, 1.0, 2.0) for _ in SIZES))


class RetinaHeads(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image):
        features = list(self.model.backbone(image).values())
        heads = self.model.head(features)
        return heads["cls_logits"], heads["bbox_regression"]


def retinanet_heads(folder, name, image, square):
    """The raw heads with the anchors in the sidecar."""
    from torchvision.models.detection.image_list import ImageList

    model = random_weights(retinanet())
    model.head.regression_head.bbox_reg.weight.data *= 0.02
    model.head.classification_head.cls_logits.weight.data *= 0.05
    module = RetinaHeads(model)
    tensor = normalized(tensor_of(square))[None]
    with torch.no_grad():
        features = list(model.backbone(tensor).values())
        logits, deltas = module(tensor)
        sizes = [tuple(tensor.shape[-2:])]
        grids = [f.shape[-2:] for f in features]
        strides = [tensor.shape[-1] // grid[-1] for grid in grids]
        anchors = model.anchor_generator(ImageList(tensor, sizes), features)[0]
        probabilities = torch.sigmoid(logits[0])
        boxes = model.box_coder.decode_single(deltas[0], anchors)
        kept = [greedy(boxes, probabilities[:, c], c, 0.5) for c in range(probabilities.shape[1])]
    torch.onnx.export(
        module, (tensor,), f"{folder}/{name}.onnx", input_names=["image"], output_names=["cls_logits", "bbox_regression"],
        dynamo=False, opset_version=17,
    )
    found = sorted(sum(kept, []), key=lambda each: -each[0])[:300]
    sidecar = {
        "input": {"mean": MEAN, "std": STD},
        "detector": {"anchors": {"sizes": SIZES, "ratios": [0.5, 1.0, 2.0]}, "strides": strides, "scoreThreshold": 0.3},
    }
    corners = torch.stack([each[2] for each in found])
    return sidecar, "square", corners, torch.tensor([each[1] for each in found]), torch.tensor([each[0] for each in found])


def greedy(boxes, scores, label, iou):
    from torchvision.ops import nms

    chosen = torch.nonzero(scores > 0.3)[:, 0]
    return [(float(scores[i]), label, boxes[i]) for i in chosen[nms(boxes[chosen], scores[chosen], iou)]]


class Queries(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image):
        found = self.model(image)
        return found.logits, found.pred_boxes


def transformers_case(build, processor, options=None):
    def case(folder, name, image, square):
        import transformers

        model = Queries(random_weights(build(transformers), 1.5))
        tensor = normalized(tensor_of(square))[None]
        with torch.no_grad():
            logits, boxes = model(tensor)
        torch.onnx.export(
            model, (tensor,), f"{folder}/{name}.onnx", input_names=["pixel_values"], output_names=["logits", "pred_boxes"],
            dynamo=True, opset_version=18, verbose=False,
        )
        outputs = type("Outputs", (), {"logits": logits, "pred_boxes": boxes})()
        post = getattr(transformers, processor)().post_process_object_detection
        found = post(outputs, threshold=THRESHOLD, target_sizes=[square.shape[:2]])[0]
        names = [model.model.config.id2label[i] for i in range(model.model.config.num_labels)]
        sidecar = {"input": {"mean": MEAN, "std": STD}, "classes": names, "detector": {"scoreThreshold": THRESHOLD, **(options or {})}}
        return sidecar, "square", found["boxes"], found["labels"], found["scores"]

    return case


def tiny_resnet(transformers, **options):
    return transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1], layer_type="basic",
        out_features=["stage2", "stage3", "stage4"], **options,
    )


def detr(transformers):
    config = transformers.DetrConfig(
        use_timm_backbone=False, use_pretrained_backbone=False, backbone=None, num_queries=20, d_model=32, encoder_layers=1,
        decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, num_labels=6,
        backbone_config=transformers.ResNetConfig(
            embedding_size=8, hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1], layer_type="basic", out_features=["stage4"]
        ),
    )
    return transformers.DetrForObjectDetection(config)


def rt_detr(transformers):
    config = transformers.RTDetrConfig(
        backbone_config=transformers.RTDetrResNetConfig(
            embedding_size=8, hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1], layer_type="basic",
            out_features=["stage2", "stage3", "stage4"],
        ),
        encoder_hidden_dim=32, encoder_in_channels=[16, 24, 32], encoder_ffn_dim=32, encoder_attention_heads=2, d_model=32,
        num_queries=20, decoder_in_channels=[32, 32, 32], decoder_ffn_dim=32, decoder_layers=1, decoder_attention_heads=2,
        num_labels=6, disable_custom_kernels=True, anchor_image_size=[128, 128],
    )
    return transformers.RTDetrForObjectDetection(config)


def yolos(transformers):
    config = transformers.YolosConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, image_size=[128, 128], patch_size=16,
        num_detection_tokens=20, num_labels=6,
    )
    return transformers.YolosForObjectDetection(config)


CASES = {
    "fasterrcnn": torchvision_case(faster_rcnn),
    "ssdlite": torchvision_case(ssdlite),
    # torchvision's RetinaNet has no background: its labels begin at 0.
    "retinanet": lambda *args: (lambda s, *rest: ({**s, "detector": {"background": False}}, *rest))(
        *torchvision_case(retinanet, 0)(*args)
    ),
    "retinanet_heads": retinanet_heads,
    "detr": transformers_case(detr, "DetrImageProcessor"),
    "rt_detr": transformers_case(rt_detr, "RTDetrImageProcessor", {"topK": 20}),
    "yolos": transformers_case(yolos, "YolosImageProcessor"),
}


def main(folder, names):
    os.makedirs(folder, exist_ok=True)
    image, square = formula_image(150, 110), formula_image(128, 128)
    Image.fromarray(image).save(f"{folder}/image.png")
    Image.fromarray(square).save(f"{folder}/square.png")
    for name in names or CASES:
        torch.manual_seed(3)
        try:
            sidecar, which, boxes, labels, scores = CASES[name](folder, name, image, square)
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {str(error)[:300]}")
            continue
        with open(f"{folder}/{name}.json", "w") as file:
            json.dump(sidecar, file)
        height, width = (image if which == "image" else square).shape[:2]
        boxes = boxes.clamp(torch.zeros(4), torch.tensor([width, height, width, height]).float())
        found = [
            {"class": int(c), "score": float(s), "corners": [float(v) for v in b]}
            for b, c, s in zip(boxes, labels, scores)
            if b[2] > b[0] and b[3] > b[1]  # a box outside the image has no area inside it
        ]
        with open(f"{folder}/{name}.expected.json", "w") as file:
            json.dump({"image": f"{which}.png", "boxes": found}, file)
        print(f"{name}: {len(found)} boxes")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
