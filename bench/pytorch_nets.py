"""The networks of the benchmark in PyTorch: the same layers as Legible's, batch normalizations of recognizers folded."""
import torch
from torch import nn
from torch.nn import functional as F


class Residual(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(c, c, 3, padding=1), nn.BatchNorm2d(c), nn.PReLU(),
            nn.Conv2d(c, c, 3, padding=1), nn.BatchNorm2d(c))

    def forward(self, x):
        return x + self.body(x)


class SRResNet(nn.Module):
    def __init__(self, c=64, blocks=5):
        super().__init__()
        self.head = nn.Sequential(nn.Conv2d(3, c, 9, padding=4), nn.PReLU())
        self.body = nn.Sequential(*[Residual(c) for _ in range(blocks)], nn.Conv2d(c, c, 3, padding=1), nn.BatchNorm2d(c))
        up = []
        for _ in range(2):
            up += [nn.Conv2d(c, 4 * c, 3, padding=1), nn.PixelShuffle(2), nn.PReLU()]
        self.up = nn.Sequential(*up, nn.Conv2d(c, 3, 9, padding=4))

    def forward(self, x):
        h = self.head(x)
        return (torch.tanh(self.up(h + self.body(h))) + 1) / 2


class Compact(nn.Module):
    """Residual blocks at low resolution over a fixed interpolation; the weights do not matter for the time."""

    def __init__(self, c=64, blocks=6, scale=4):
        super().__init__()
        self.head = nn.Conv2d(3, c, 5, padding=2)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(c, c, 3, padding=1), nn.ReLU(), nn.Conv2d(c, c, 3, padding=1)) for _ in range(blocks))
        self.tail = nn.Conv2d(c, 3 * scale ** 2, 3, padding=1)
        self.interpolation = nn.Conv2d(3, 3 * scale ** 2, 5, bias=False)
        self.shuffle = nn.PixelShuffle(scale)

    def forward(self, x):
        h = self.head(x)
        for block in self.blocks:
            h = h + block(h)
        return self.shuffle(self.tail(h) + self.interpolation(F.pad(x, (2, 2, 2, 2), mode="replicate")))


class Block(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.a, self.b = nn.Conv2d(i, o, 3, stride, 1), nn.Conv2d(o, o, 3, 1, 1)
        self.shortcut = nn.Conv2d(i, o, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x):
        return F.relu(self.b(F.relu(self.a(x))) + self.shortcut(x))


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        layers, c = [nn.Conv2d(3, 64, 7, 2, 3), nn.ReLU(), nn.MaxPool2d(3, 2, 1)], 64
        for stage, width in enumerate([64, 128, 256, 512]):
            for block in range(2):
                layers.append(Block(c, width, 2 if stage > 0 and block == 0 else 1))
                c = width
        self.features, self.head = nn.Sequential(*layers), nn.Linear(512, 1000, bias=False)

    def forward(self, x):
        return self.head(self.features(x).mean((2, 3)))


class Inverted(nn.Module):
    def __init__(self, i, o, stride, expansion):
        super().__init__()
        hidden, layers = i * expansion, []
        if expansion > 1:
            layers += [nn.Conv2d(i, hidden, 1), nn.ReLU6(inplace=True)]
        layers += [nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden), nn.ReLU6(inplace=True), nn.Conv2d(hidden, o, 1)]
        self.body, self.skips = nn.Sequential(*layers), stride == 1 and i == o

    def forward(self, x):
        return x + self.body(x) if self.skips else self.body(x)


class MobileNetV2(nn.Module):
    def __init__(self):
        super().__init__()
        layers, c = [nn.Conv2d(3, 32, 3, 2, 1), nn.ReLU6(inplace=True)], 32
        stages = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
        for expansion, width, blocks, stride in stages:
            for block in range(blocks):
                layers.append(Inverted(c, width, stride if block == 0 else 1, expansion))
                c = width
        layers += [nn.Conv2d(c, 1280, 1), nn.ReLU6(inplace=True)]
        self.features, self.head = nn.Sequential(*layers), nn.Linear(1280, 1000, bias=False)

    def forward(self, x):
        return self.head(self.features(x).mean((2, 3)))
