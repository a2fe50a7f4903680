"""PyTorch as a rival: trains as the reference implementation of the paper does, or applies a network.

usage: pytorch.py WORK BATCH LAYOUT     LAYOUT: nchw | channels-last | frozen (traced and optimized for inference)
Writes {"version": ...} when ready, then answers each line with a number of steps by their times (see rival-process.ts).
"""
import json
import os
import resource
import sys
import time


def say(message):
    print(json.dumps(message), flush=True)


try:
    import torch
    from torch.nn import functional as F
    from pytorch_nets import Compact, MobileNetV2, ResNet18, SRResNet
except ImportError as error:
    say({"missing": f"{error}; Debian: apt-get install python3-torch, elsewhere: pip install torch"})
    sys.exit()

NETWORKS = {
    "p-inference": (SRResNet, 56, 56),
    "r-inference": (ResNet18, 224, 224),
    "mobilenet-v2-inference": (MobileNetV2, 224, 224),
    "compact-inference": (Compact, 360, 640),
}


def training(work, batch, memory):
    P = SRResNet().to(memory_format=memory)
    R = ResNet18().eval().to(memory_format=memory).requires_grad_(False)
    optimizer = torch.optim.Adam(P.parameters(), lr=1e-4)
    x = torch.rand(batch, 3, 56, 56).to(memory_format=memory)
    y = torch.rand(batch, 3, 224, 224).to(memory_format=memory)
    labels = torch.arange(batch)

    def step():
        restored = P(x)
        loss = F.mse_loss(restored, y)
        if work == "ra-step":
            loss = loss + 1e-3 * F.cross_entropy(R(restored), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def inference(work, batch, memory, frozen):
    build, height, width = NETWORKS[work]
    network = build().eval().to(memory_format=memory)
    x = torch.rand(batch, 3, height, width).to(memory_format=memory)
    if frozen:
        with torch.no_grad():
            network = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(network, x)))

    def step():
        with torch.inference_mode():
            network(x)

    return step


def since_reset():
    """Most memory since it was reset, in MiB; None where the system does not tell."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    except OSError:
        return None


def main(work, batch, layout):
    torch.manual_seed(0)
    torch.set_num_threads(os.cpu_count() or 1)
    memory = torch.contiguous_format if layout == "nchw" else torch.channels_last
    if work.endswith("-step"):
        step = training(work, batch, memory)
    else:
        step = inference(work, batch, memory, layout == "frozen")
    try:
        with open("/proc/self/clear_refs", "w") as forget:
            forget.write("5")
    except OSError:
        pass
    say({"version": torch.__version__})
    for line in sys.stdin:
        ms = []
        for _ in range(int(line)):
            start = time.perf_counter()
            step()
            ms.append(1000 * (time.perf_counter() - start))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        say({"ms": ms, "peak_mib": peak, "step_mib": since_reset()})


main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
