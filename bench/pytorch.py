"""PyTorch as a rival: trains as the reference implementation of the paper does, or applies a network.

usage: pytorch.py WORK BATCH FORM
FORM: nchw | channels-last | compile (channels last, torch.compile) | frozen (traced and optimized for inference)
      | bfloat16 (channels last, automatic mixed precision, which is less precise)
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

# Seconds per measurement, as in answering.ts: a form that exceeds it runs fewer steps.
TIME_LIMIT = 20

NETWORKS = {
    "p-inference": (SRResNet, 56, 56),
    "r-inference": (ResNet18, 224, 224),
    "mobilenet-v2-inference": (MobileNetV2, 224, 224),
    "compact-inference": (Compact, 360, 640),
}


def training(work, batch, memory, form):
    """A training step on one batch, which returns its loss. All forms begin with the same weights and images."""
    P = SRResNet().to(memory_format=memory)
    R = ResNet18().eval().to(memory_format=memory).requires_grad_(False)
    optimizer = torch.optim.Adam(P.parameters(), lr=1e-4)
    x = torch.rand(batch, 3, 56, 56).to(memory_format=memory)
    y = torch.rand(batch, 3, 224, 224).to(memory_format=memory)
    labels = torch.arange(batch)

    def loss_of(x, y):
        with autocast(form):
            restored = P(x)
            loss = F.mse_loss(restored.float(), y)
            if work == "ra-step":
                loss = loss + 1e-3 * F.cross_entropy(R(restored), labels)
        return loss

    if form == "compile":
        loss_of = torch.compile(loss_of)

    def step():
        loss = loss_of(x, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def inference(work, batch, memory, form):
    build, height, width = NETWORKS[work]
    network = build().eval().to(memory_format=memory)
    x = torch.rand(batch, 3, height, width).to(memory_format=memory)
    if form == "frozen":
        with torch.no_grad():
            network = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(network, x)))
    if form == "compile":
        network = torch.compile(network)

    def step():
        with torch.inference_mode(), autocast(form):
            network(x)

    return step


def autocast(form):
    return torch.autocast("cpu", torch.bfloat16, enabled=form == "bfloat16")


def since_reset():
    """Most memory since it was reset, in MiB; None where the system does not tell."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    except OSError:
        return None


def main(work, batch, form):
    torch.manual_seed(0)
    torch.set_num_threads(os.cpu_count() or 1)
    memory = torch.contiguous_format if form == "nchw" else torch.channels_last
    step = (training if work.endswith("-step") else inference)(work, batch, memory, form)
    step()  # compiles; a failure is the reason why this form is missing
    try:
        with open("/proc/self/clear_refs", "w") as forget:
            forget.write("5")
    except OSError:
        pass
    say({"version": torch.__version__})
    for line in sys.stdin:
        ms, loss, begin = [], None, time.perf_counter()
        while len(ms) < int(line) and (len(ms) < 2 or time.perf_counter() - begin < TIME_LIMIT):
            start = time.perf_counter()
            loss = step()
            ms.append(1000 * (time.perf_counter() - start))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        say({"ms": ms, "loss": loss, "peak_mib": peak, "step_mib": since_reset()})


main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
