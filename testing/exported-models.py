"""
Exports networks of many families as their users do, with reference gradients.

    python testing/exported-models.py FOLDER [NAME ...]
    node dist/testing/exported-models.js FOLDER

The networks are small and have random weights. Both exporters of PyTorch run with their default arguments, so the files have a
fixed batch of 1. FOLDER gets NAME.onnx and NAME.safetensors for each, and index.json. The tensors are those of `legible gradient
--loss weighted-sum` (the input, and `weight` of the output's shape), d loss / d input by PyTorch in float64 (`gradient`), and
three random directions (`direction.i`) whose derivatives by central differences are in index.json: PyTorch's own gradient of
batch normalization is wrong in some cases. Needs torch, torchvision, timm, transformers, onnx, onnxruntime, onnxscript,
safetensors.
"""

import copy
import json
import os
import sys
import warnings

import numpy
import onnx
import torch
from safetensors.numpy import save_file
from torch import nn

warnings.filterwarnings("ignore")
CLASSES = 10


def timm_net(name, **options):
    def build():
        import timm

        return timm.create_model(name, num_classes=CLASSES, **options)

    return build


def transformers_net(name, config, output="logits", **options):
    """A model of transformers with one tensor as its output."""

    def build():
        import transformers

        configuration = getattr(transformers, config)(**options)
        return OneOutput(getattr(transformers, name)(configuration), output)

    return build


class OneOutput(nn.Module):
    def __init__(self, model, output):
        super().__init__()
        self.model, self.output = model, output

    def forward(self, image):
        return getattr(self.model(image), self.output)


VIT = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)


class TextRecognizer(nn.Module):
    """CRNN: convolutions, then a recurrent network along the width."""

    def __init__(self, cell):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 24, 3, 2, 1), nn.BatchNorm2d(24), nn.ReLU()
        )
        self.recurrent = cell(24, 16, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(32, CLASSES)

    def forward(self, image):
        columns = self.body(image).mean(2).transpose(1, 2)
        return self.head(self.recurrent(columns)[0]).mean(1)


def conv(inputs, outputs, size=3):
    return nn.Conv2d(inputs, outputs, size, padding=size // 2)


class Residual(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return x + self.body(x)


class ChannelAttention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, 4, 1), nn.ReLU(), nn.Conv2d(4, width, 1), nn.Sigmoid()
        )

    def forward(self, x):
        return x * self.gate(x)


class SimpleGate(nn.Module):
    def forward(self, x):
        one, other = x.chunk(2, 1)
        return one * other


class LayerNorm2d(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    def forward(self, x):
        centered = x - x.mean(1, keepdim=True)
        normal = centered / (centered.pow(2).mean(1, keepdim=True) + 1e-6).sqrt()
        return normal * self.weight.view(1, -1, 1, 1) + self.bias.view(1, -1, 1, 1)


class DenseBlock(nn.Module):
    def __init__(self, width, growth):
        super().__init__()
        self.convs = nn.ModuleList(conv(width + i * growth, growth) for i in range(3))
        self.last = conv(width + 3 * growth, width)

    def forward(self, x):
        values = [x]
        for layer in self.convs:
            values.append(nn.functional.leaky_relu(layer(torch.cat(values, 1)), 0.2))
        return x + 0.2 * self.last(torch.cat(values, 1))


class TransposedAttention(nn.Module):
    """Restormer: attention between channels."""

    def __init__(self, width, heads=2):
        super().__init__()
        self.heads = heads
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.qkv, self.project = nn.Conv2d(width, 3 * width, 1), nn.Conv2d(width, width, 1)

    def forward(self, x):
        n, c, h, w = x.shape
        q, k, v = self.qkv(x).reshape(n, 3, self.heads, c // self.heads, h * w).unbind(1)
        q, k = nn.functional.normalize(q, dim=-1), nn.functional.normalize(k, dim=-1)
        mixed = ((q @ k.transpose(-2, -1)) * self.temperature).softmax(-1) @ v
        return self.project(mixed.reshape(n, c, h, w))


def edsr():
    blocks = [Residual(nn.Sequential(conv(16, 16), nn.ReLU(), conv(16, 16))) for _ in range(2)]
    return nn.Sequential(conv(3, 16), *blocks, conv(16, 64), nn.PixelShuffle(2), conv(16, 12), nn.PixelShuffle(2))


def rcan():
    blocks = [Residual(nn.Sequential(conv(16, 16), nn.ReLU(), conv(16, 16), ChannelAttention(16))) for _ in range(2)]
    return nn.Sequential(conv(3, 16), *blocks, conv(16, 48), nn.PixelShuffle(4))


def rrdb():
    up = nn.Upsample(scale_factor=2, mode="nearest")
    blocks = [DenseBlock(16, 8), DenseBlock(16, 8)]
    return nn.Sequential(conv(3, 16), *blocks, up, conv(16, 16), nn.LeakyReLU(0.2), up, conv(16, 3))


def nafnet():
    block = lambda: Residual(
        nn.Sequential(LayerNorm2d(16), nn.Conv2d(16, 32, 1), SimpleGate(), ChannelAttention(16), nn.Conv2d(16, 16, 1))
    )
    return Residual(nn.Sequential(conv(3, 16), block(), block(), conv(16, 3)))


def restormer():
    block = lambda: Residual(nn.Sequential(LayerNorm2d(16), TransposedAttention(16)))
    return Residual(nn.Sequential(conv(3, 16), block(), nn.GELU(), block(), conv(16, 3)))


def fsrcnn():
    return nn.Sequential(
        conv(3, 16, 5), nn.PReLU(16), nn.Conv2d(16, 8, 1), nn.PReLU(8), conv(8, 8), nn.PReLU(8),
        nn.ConvTranspose2d(8, 3, 8, stride=4, padding=2),
    )


def dncnn():
    middle = [layer for _ in range(2) for layer in (conv(16, 16), nn.BatchNorm2d(16), nn.ReLU())]
    return Residual(nn.Sequential(conv(3, 16), nn.ReLU(), *middle, conv(16, 3)))


def espcn():
    return nn.Sequential(conv(3, 16, 5), nn.Tanh(), conv(16, 16), nn.Tanh(), conv(16, 48), nn.PixelShuffle(4))


NARROW = dict(depths=(1, 1, 1, 1), num_heads=(1, 2, 2, 4))

# name: (builder, side of the input, what it is, exporters, further forms of the first export)
BOTH = ("torchscript", "dynamo")
MODELS = {
    "swin": (timm_net("swin_tiny_patch4_window7_224", img_size=64, window_size=4, embed_dim=16, **NARROW), 64, "R", BOTH),
    "swin-v2": (timm_net("swinv2_tiny_window8_256", img_size=64, window_size=4, embed_dim=16, **NARROW), 64, "R", BOTH),
    "coatnet": (timm_net("coatnet_nano_rw_224", img_size=64), 64, "R", ("dynamo",)),
    "maxvit": (timm_net("maxvit_tiny_tf_224", img_size=64), 64, "R", ("torchscript",)),
    "deit": (timm_net("deit_tiny_distilled_patch16_224", img_size=64, embed_dim=32, depth=2, num_heads=2), 64, "R", BOTH),
    "cait": (timm_net("cait_xxs24_224", img_size=64, embed_dim=32, depth=2, num_heads=2), 64, "R", BOTH),
    "beit": (timm_net("beit_base_patch16_224", img_size=64, embed_dim=32, depth=2, num_heads=2), 64, "R", BOTH),
    "mlp-mixer": (timm_net("mixer_s32_224", img_size=64), 64, "R", ("dynamo",)),
    "resmlp": (timm_net("resmlp_12_224", img_size=64), 64, "R", ("torchscript",)),
    "poolformer": (timm_net("poolformer_s12"), 64, "R", ("dynamo",)),
    "levit": (timm_net("levit_128s", img_size=64), 64, "R", BOTH),
    "mobilevit": (timm_net("mobilevit_xxs"), 64, "R", BOTH),
    "mobilevit-v2": (timm_net("mobilevitv2_050"), 64, "R", ("dynamo",)),
    "edgenext": (timm_net("edgenext_xx_small"), 64, "R", BOTH),
    "fastvit": (timm_net("fastvit_t8"), 64, "R", ("torchscript",)),
    "regnet": (timm_net("regnety_002"), 64, "R", ("dynamo",)),
    "res2net": (timm_net("res2net50_26w_4s", layers=(1, 1, 1, 1), base_width=8), 64, "R", ("torchscript",)),
    "resnest": (timm_net("resnest14d", base_width=16, stem_width=8), 64, "R", BOTH),
    "hrnet": (timm_net("hrnet_w18_small"), 64, "R", ("dynamo",)),
    "dla": (timm_net("dla46_c"), 64, "R", ("torchscript",)),
    "rexnet": (timm_net("rexnet_100", width_mult=0.5), 64, "R", ("dynamo",)),
    "ghostnet": (timm_net("ghostnet_050"), 64, "R", ("torchscript",)),
    "pvt-v2": (timm_net("pvt_v2_b0", depths=(1, 1, 1, 1)), 64, "R", BOTH),
    "twins": (timm_net("twins_svt_small", img_size=64, embed_dims=(16, 32, 64, 64), **NARROW), 64, "R", ("dynamo",)),
    "xcit": (timm_net("xcit_nano_12_p16_224", img_size=64, depth=2, embed_dim=32, num_heads=2), 64, "R", ("torchscript",)),
    "eva-02": (timm_net("eva02_tiny_patch14_224", img_size=56, embed_dim=48, depth=2, num_heads=2), 56, "R", BOTH),
    "dpn": (timm_net("dpn48b", k_sec=(1, 1, 1, 1)), 64, "R", ("dynamo",)),
    "sequencer": (
        timm_net("sequencer2d_s", layers=(1, 1, 1, 1), embed_dims=(32,) * 4, hidden_sizes=(8,) * 4, img_size=64),
        64, "R", BOTH,
    ),
    "repghost": (timm_net("repghostnet_050"), 64, "R", ("torchscript",)),
    "starnet": (timm_net("starnet_s1"), 64, "R", ("dynamo",)),
    "tresnet": (timm_net("tresnet_m", layers=(1, 1, 1, 1), width_factor=0.25), 64, "R", ("torchscript",)),
    "vovnet": (timm_net("ese_vovnet19b_slim"), 64, "R", ("torchscript",)),
    "convit": (timm_net("convit_tiny", img_size=64, embed_dim=48, depth=3, num_heads=2), 64, "R", ("dynamo",)),
    "hiera": (timm_net("hiera_tiny_224", img_size=64, embed_dim=24, stages=(1, 1, 1, 1)), 64, "R", ("dynamo",)),
    "mobilenet-v4": (timm_net("mobilenetv4_conv_small_035"), 64, "R", ("torchscript",)),
    "efficientvit": (timm_net("efficientvit_b0"), 64, "R", BOTH),
    "sknet": (timm_net("skresnet18"), 64, "R", ("torchscript",)),
    "clip": (
        transformers_net(
            "CLIPVisionModelWithProjection", "CLIPVisionConfig", "image_embeds",
            image_size=64, patch_size=16, projection_dim=CLASSES, **VIT,
        ), 64, "R", BOTH,
    ),
    "dino-v2": (
        transformers_net(
            "Dinov2ForImageClassification", "Dinov2Config", image_size=56, patch_size=14, num_labels=CLASSES,
            hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        ), 56, "R", BOTH,
    ),
    "segformer": (
        transformers_net(
            "SegformerForImageClassification", "SegformerConfig", num_labels=CLASSES, depths=[1, 1, 1, 1],
            hidden_sizes=[16, 32, 32, 64], num_attention_heads=[1, 2, 2, 4], decoder_hidden_size=32,
        ), 64, "R", BOTH,
    ),
    "cvt": (
        transformers_net(
            "CvtForImageClassification", "CvtConfig", num_labels=CLASSES, embed_dim=[16, 32, 32], depth=[1, 1, 1],
            num_heads=[1, 2, 2],
        ), 64, "R", ("torchscript",),
    ),
    "convnext-v2": (
        transformers_net(
            "ConvNextV2ForImageClassification", "ConvNextV2Config", num_labels=CLASSES, depths=[1, 1, 1, 1],
            hidden_sizes=[16, 32, 32, 64], image_size=64,
        ), 64, "R", ("dynamo",),
    ),
    "vit-hugging-face": (
        transformers_net("ViTForImageClassification", "ViTConfig", num_labels=CLASSES, image_size=64, **VIT), 64, "R", BOTH,
    ),
    "crnn-lstm": (lambda: TextRecognizer(nn.LSTM), 64, "R", BOTH),
    "crnn-gru": (lambda: TextRecognizer(nn.GRU), 64, "R", BOTH),
    "edsr": (edsr, 24, "P4", BOTH),
    "rcan": (rcan, 24, "P4", ("dynamo",)),
    "rrdb": (rrdb, 24, "P4", BOTH),
    "fsrcnn": (fsrcnn, 24, "P4", ("torchscript",)),
    "espcn": (espcn, 24, "P4", ("dynamo",)),
    "dncnn": (dncnn, 48, "P1", ("torchscript",)),
    "nafnet": (nafnet, 48, "P1", BOTH),
    "restormer": (restormer, 48, "P1", BOTH),
    "swin2sr": (
        transformers_net(
            "Swin2SRForImageSuperResolution", "Swin2SRConfig", "reconstruction", image_size=24, embed_dim=24,
            depths=[1, 1], num_heads=[2, 2], window_size=8, upscale=4, upsampler="pixelshuffle",
        ), 24, "P4", BOTH,
    ),
}

# Further forms: of which export, made how.
FORMS = ["ort-extended", "ort-all", "float16", "quantize-dynamic", "quantize-qdq", "quantize-qoperator"]
OF_FORMS = ["deit.torchscript", "mobilenet-v4.torchscript", "swin.dynamo", "edgenext.torchscript", "crnn-lstm.torchscript"]
TRANSFORMERS_OPTIMIZED = ["vit-hugging-face.torchscript", "clip.torchscript", "deit.torchscript"]


def randomized(model, seed):
    """Random values where the initial ones would hide an error: constant weights, running statistics."""
    generator = torch.Generator().manual_seed(seed)
    noise = lambda tensor: torch.randn(tensor.shape, generator=generator)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.numel() > 1 and parameter.std() < 1e-3 or parameter.numel() == 1:
                parameter += 0.1 * noise(parameter)
        for name, buffer in model.named_buffers():
            if name.endswith("running_mean"):
                buffer += 0.1 * noise(buffer)
            if name.endswith("running_var"):
                buffer *= 1 + 0.3 * torch.rand(buffer.shape, generator=generator)
    return model.eval()


def export(model, image, path, exporter):
    if exporter == "torchscript":
        torch.onnx.export(model, (image,), path, dynamo=False)
    else:
        torch.onnx.export(model, (image,), path)


def reference(model, image, weight):
    """d sum(weight * y) / d image in float64, and along three directions by central differences."""
    exact, image, weight = copy.deepcopy(model).double(), image.double(), weight.double()
    variable = image.clone().requires_grad_()
    output = exact(variable)
    (output * weight).sum().backward()
    generator = torch.Generator().manual_seed(7)
    directions = [torch.randn(image.shape, generator=generator) for _ in range(3)]
    loss = lambda x: (exact(x) * weight).sum().item()
    with torch.no_grad():
        slopes = [(loss(image + 1e-6 * d.double()) - loss(image - 1e-6 * d.double())) / 2e-6 for d in directions]
    return variable.grad.float(), directions, slopes


def optimized(source, target, form, image):
    import onnxruntime
    from onnxruntime import quantization

    if form.startswith("ort-"):
        options = onnxruntime.SessionOptions()
        level = onnxruntime.GraphOptimizationLevel
        options.graph_optimization_level = level.ORT_ENABLE_ALL if form == "ort-all" else level.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = target
        options.log_severity_level = 3
        onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    elif form == "transformers-optimized":
        from onnxruntime.transformers import optimizer

        optimizer.optimize_model(source, model_type="vit", num_heads=2, hidden_size=32).save_model_to_file(target)
    elif form == "float16":
        from onnxruntime.transformers.float16 import convert_float_to_float16

        onnx.save(convert_float_to_float16(onnx.load(source), keep_io_types=True), target)
    elif form == "quantize-dynamic":
        quantization.quantize_dynamic(source, target)
    else:
        quantized = quantization.QuantFormat.QDQ if form == "quantize-qdq" else quantization.QuantFormat.QOperator
        quantization.quantize_static(source, target, Samples(source, image), quant_format=quantized)


class Samples:
    """Images by which quantization chooses its ranges."""

    def __init__(self, model, image):
        name = onnx.load(model, load_external_data=False).graph.input[0].name
        generator = torch.Generator().manual_seed(1)
        self.left = [{name: torch.rand(image.shape, generator=generator).numpy()} for _ in range(4)] + [{name: image.numpy()}]

    def get_next(self):
        return self.left.pop() if self.left else None


def main(folder, chosen):
    os.makedirs(folder, exist_ok=True)
    os.chdir(folder)
    index = {entry["name"]: entry for entry in json.load(open("index.json"))} if os.path.exists("index.json") else {}
    for seed, (family, (build, side, role, exporters)) in enumerate(MODELS.items()):
        if chosen and family not in chosen:
            continue
        torch.manual_seed(seed)
        try:
            model = randomized(build(), seed)
            image = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(seed))
            with torch.no_grad():
                output = model(image)
            weight = torch.randn(output.shape, generator=torch.Generator().manual_seed(99))
            gradient, directions, slopes = reference(model, image, weight)
        except Exception as error:
            print(f"{family}: cannot be built: {str(error).splitlines()[0]}", flush=True)
            continue
        tensors = {"weight": weight, "gradient": gradient, "output": output}
        tensors |= {f"direction.{i}": direction for i, direction in enumerate(directions)}

        def add(name, form):
            input_name = onnx.load(f"{name}.onnx", load_external_data=False).graph.input[0].name
            values = {key: value.numpy().astype(numpy.float32) for key, value in (tensors | {input_name: image}).items()}
            save_file({key: numpy.ascontiguousarray(value) for key, value in values.items()}, f"{name}.safetensors")
            index[name] = dict(name=name, family=family, form=form, role=role, side=side, input=input_name, slopes=slopes)
            print(name, flush=True)

        for exporter in exporters:
            name = f"{family}.{exporter}"
            try:
                export(model, image, f"{name}.onnx", exporter)
                add(name, exporter)
            except Exception as error:
                print(f"{name}: cannot be exported: {str(error).splitlines()[0]}", flush=True)
                continue
            forms = FORMS if name in OF_FORMS else []
            for form in forms + (["transformers-optimized"] if name in TRANSFORMERS_OPTIMIZED else []):
                try:
                    optimized(f"{name}.onnx", f"{name}.{form}.onnx", form, image)
                    add(f"{name}.{form}", form)
                except Exception as error:
                    print(f"{name}.{form}: cannot be made: {str(error).splitlines()[0]}", flush=True)
        json.dump(list(index.values()), open("index.json", "w"), indent=1)
    print(f"{len(index)} files of {len({entry['family'] for entry in index.values()})} families")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
