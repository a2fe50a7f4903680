"""Times training steps of SRResNet in PyTorch, as the reference implementation of the paper does them.

usage: pytorch_step.py WORK BATCH LAYOUT STEPS     WORK: plain-step | ra-step     LAYOUT: nchw | channels-last
Prints one JSON line: {"version": ..., "ms": [one number a step]}.
"""
import json
import os
import sys
import time

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


def main(work, batch, layout, steps):
    torch.manual_seed(0)
    torch.set_num_threads(os.cpu_count() or 1)
    memory = torch.channels_last if layout == "channels-last" else torch.contiguous_format
    P = SRResNet().to(memory_format=memory)
    R = ResNet18().eval().to(memory_format=memory).requires_grad_(False)
    optimizer = torch.optim.Adam(P.parameters(), lr=1e-4)
    x = torch.rand(batch, 3, 56, 56).to(memory_format=memory)
    y = torch.rand(batch, 3, 224, 224).to(memory_format=memory)
    labels = torch.arange(batch)
    ms = []
    for _ in range(steps):
        start = time.perf_counter()
        restored = P(x)
        loss = F.mse_loss(restored, y)
        if work == "ra-step":
            loss = loss + 1e-3 * F.cross_entropy(R(restored), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        ms.append(1000 * (time.perf_counter() - start))
    print(json.dumps({"version": torch.__version__, "ms": ms}))


main(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
