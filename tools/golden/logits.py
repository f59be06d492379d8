#!/usr/bin/env python3
"""What torchvision's networks are and compute, for the zoo's tests.

Each network gets parameters that follow from their names alone (src/zoo/seeded_state.h), a head for
ten classes, and two made-up pictures. Stored are the logits and fingerprints of the printed module
tree, of named_modules() and of the state_dict's names and shapes.

    tools/golden/logits.py src/zoo/testdata/architectures.json [NAME...]

With --all the logits of every network are stored, also of those too large for the tests; infer_test
compares with such a file where ENGRAFT_PARITY_DATA names it, and says how close it came.
"""
import json
import sys

import numpy as np
import torch
import torchvision

# Whose logits are stored: one size of each family, and all of those that the lab reaches for.
LOGITS = """alexnet vgg11 vgg13 vgg16 vgg19 vgg11_bn vgg13_bn vgg16_bn vgg19_bn resnet18 resnet34
resnet50 resnet101 resnet152 resnext50_32x4d wide_resnet50_2 squeezenet1_0 squeezenet1_1 googlenet
inception_v3 densenet121 mobilenet_v2 mobilenet_v3_small mobilenet_v3_large mnasnet0_5
shufflenet_v2_x1_0 efficientnet_b0 efficientnet_v2_s regnet_y_400mf regnet_x_400mf
mobilenet_v2_x0_35 convnext_tiny vit_b_16 vit_b_32 swin_t swin_v2_t maxvit_t dinov2_vits14""".split()
# Whose structure alone is.
STRUCTURE = """resnext101_32x8d resnext101_64x4d wide_resnet101_2 densenet161 densenet169 densenet201
mnasnet0_75 mnasnet1_0 mnasnet1_3 shufflenet_v2_x0_5 shufflenet_v2_x1_5 shufflenet_v2_x2_0
efficientnet_b1 efficientnet_b2 efficientnet_b3 efficientnet_b4 efficientnet_b5 efficientnet_b6
efficientnet_b7 efficientnet_v2_m efficientnet_v2_l regnet_y_800mf regnet_y_1_6gf regnet_y_3_2gf
regnet_y_8gf regnet_y_16gf regnet_y_32gf regnet_y_128gf regnet_x_800mf regnet_x_1_6gf regnet_x_3_2gf
regnet_x_8gf regnet_x_16gf regnet_x_32gf mobilenet_v2_x0_5 mobilenet_v2_x0_75 convnext_small
convnext_base convnext_large vit_l_16 vit_l_32 vit_h_14 swin_s swin_b swin_v2_s swin_v2_b
dinov2_vitb14""".split()
INPUT_SIZES = {"inception_v3": 299, "efficientnet_b1": 240, "efficientnet_b2": 288,
               "efficientnet_b3": 300, "efficientnet_b4": 380, "efficientnet_b5": 456,
               "efficientnet_b6": 528, "efficientnet_b7": 600, "efficientnet_v2_s": 384,
               "efficientnet_v2_m": 480, "efficientnet_v2_l": 480, "swin_v2_t": 256,
               "swin_v2_s": 256, "swin_v2_b": 256}
ARGUMENTS = {"googlenet": {"init_weights": False}, "inception_v3": {"init_weights": False}}
# With made-up parameters, sums of many residual branches that scale themselves grow until float32's
# rounding shows: PyTorch's own logits are then not those that it computes in float64.
GAINS = {"maxvit_t": 0.7, "efficientnet_b2": 0.85, "efficientnet_b3": 0.85, "efficientnet_b4": 0.85,
         "efficientnet_b5": 0.85, "efficientnet_b6": 0.8, "efficientnet_b7": 0.8,
         "efficientnet_v2_l": 0.65, "regnet_y_3_2gf": 0.7, "regnet_y_8gf": 0.7,
         "regnet_y_16gf": 0.7, "regnet_y_32gf": 0.7, "regnet_y_128gf": 0.7}
CLASSES = 10
MASK = (1 << 64) - 1


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def splitmix64(x):
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def seeded(name, shape, low, high):
    count = int(np.prod(shape))
    with np.errstate(over="ignore"):
        bits = splitmix64(np.uint64(fnv1a(name)) + np.arange(count, dtype=np.uint64))
    unit = (bits >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)
    low, high = np.float32(low), np.float32(high)
    return torch.from_numpy((low + (high - low) * unit).reshape(shape))


def seeded_state(model, name=""):
    gain = np.float32(GAINS.get(name, 1))
    state = model.state_dict()  # with its version numbers, which MNASNet asks for
    for key, value in list(state.items()):
        if key.endswith(("relative_position_index", "relative_coords_table")):
            continue  # fixed numbers
        if not value.is_floating_point():
            state[key] = torch.zeros_like(value)
        elif value.dim() >= 2:
            bound = gain * np.sqrt(np.float32(6.0) / np.float32(value[0].numel()))
            state[key] = seeded(key, value.shape, -bound, bound)
        elif key.endswith((".bias", ".running_mean")):
            state[key] = seeded(key, value.shape, -0.1, 0.1)
        else:
            state[key] = seeded(key, value.shape, 0.5, 1.5)
    return state


def fingerprint(text):
    return f"{fnv1a(text):016x}"


def make(name, classes):
    if name.startswith("dinov2"):
        width, heads = {"dinov2_vits14": (384, 6), "dinov2_vitb14": (768, 12)}[name]
        return DinoVisionTransformer(width, heads, classes)
    if name.startswith("mobilenet_v2_x"):
        width = float(name.partition("_x")[2].replace("_", "."))
        return torchvision.models.mobilenet_v2(num_classes=classes, width_mult=width)
    return getattr(torchvision.models, name)(num_classes=classes, **ARGUMENTS.get(name, {}))


def logits(name):
    model = make(name, CLASSES).eval()
    model.load_state_dict(seeded_state(model, name))
    size = INPUT_SIZES.get(name, 224)
    with torch.no_grad():
        return model(seeded("input", (2, 3, size, size), -2, 2)).tolist()


def structure(name):
    full = make(name, 1000)
    return {
        "printed": fingerprint(str(full) + "\n"),
        "named_modules": fingerprint("".join(n + "\n" for n, _ in full.named_modules() if n)),
        "state_dict": fingerprint(
            "".join(f"{n} {list(v.shape)}\n" for n, v in full.state_dict().items())
        ),
        "parameters": sum(p.numel() for p in full.parameters()),
    }


class LayerScale(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.gamma = torch.nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * self.gamma


class Attention(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = torch.nn.Linear(width, 3 * width)
        self.proj = torch.nn.Linear(width, width)

    def forward(self, x):
        count, tokens, width = x.shape
        parts = self.qkv(x).reshape(count, tokens, 3, self.heads, width // self.heads)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4)
        weights = queries @ keys.transpose(-2, -1) * (width // self.heads) ** -0.5
        mixed = weights.softmax(-1) @ values
        return self.proj(mixed.transpose(1, 2).reshape(count, tokens, width))


class Mlp(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1 = torch.nn.Linear(width, 4 * width)
        self.act = torch.nn.GELU()
        self.fc2 = torch.nn.Linear(4 * width, width)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


class Block(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1 = torch.nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.ls1 = LayerScale(width)
        self.norm2 = torch.nn.LayerNorm(width, eps=1e-6)
        self.mlp = Mlp(width)
        self.ls2 = LayerScale(width)

    def forward(self, x):
        x = x + self.ls1(self.attn(self.norm1(x)))
        return x + self.ls2(self.mlp(self.norm2(x)))


class PatchEmbed(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.proj = torch.nn.Conv2d(3, width, 14, 14)


class DinoVisionTransformer(torch.nn.Module):
    """DINOv2 (arXiv 2304.07193) as its paper has it; positions are resampled from 37 x 37."""

    def __init__(self, width, heads, classes):
        super().__init__()
        self.cls_token = torch.nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = torch.nn.Parameter(torch.zeros(1, 1 + 37 * 37, width))
        self.mask_token = torch.nn.Parameter(torch.zeros(1, width))
        self.patch_embed = PatchEmbed(width)
        self.blocks = torch.nn.ModuleList(Block(width, heads) for _ in range(12))
        self.norm = torch.nn.LayerNorm(width, eps=1e-6)
        self.head = torch.nn.Linear(width, classes)

    def forward(self, x):
        patches = self.patch_embed.proj(x)
        count, width, rows, columns = patches.shape
        grid = self.pos_embed[:, 1:].reshape(1, 37, 37, width).permute(0, 3, 1, 2)
        factors = ((rows + 0.1) / 37, (columns + 0.1) / 37)
        grid = torch.nn.functional.interpolate(grid, scale_factor=factors, mode="bicubic")
        positions = torch.cat([self.pos_embed[:, :1], grid.flatten(2).transpose(1, 2)], 1)
        tokens = patches.flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(count, -1, -1), tokens], 1) + positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)[:, 0])


def describe(name, everything):
    if name in STRUCTURE and not everything:
        return structure(name)
    return {"logits": [[float(f"{x:.7g}") for x in row] for row in logits(name)], **structure(name)}


def main():
    everything = "--all" in sys.argv
    arguments = [one for one in sys.argv[1:] if one != "--all"]
    target, names = arguments[0], arguments[1:] or LOGITS + STRUCTURE
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}")
    result = {
        "made_with": f"torch {torch.__version__}, torchvision {torchvision.__version__}",
        "architectures": {},
    }
    for name in names:
        result["architectures"][name] = describe(name, everything)
        print(name, result["architectures"][name].get("logits", [[]])[0][:3], flush=True)
    with open(target, "w") as file:
        json.dump(result, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
