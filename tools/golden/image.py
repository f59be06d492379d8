#!/usr/bin/env python3
"""What PIL, torchvision and OpenCV make of small pictures, for the tests of src/image.

The pictures are drawn here. decode/ gets one in every format with what PIL reads from it beside it
(NAME.expected.png); geometry/ gets the results of resizing, cropping, rotating and the grid.

    tools/golden/image.py src/image/testdata
"""
import io
import pathlib
import struct
import sys
import zlib

import cv2
import numpy as np
import PIL
import torch
import torchvision
from PIL import Image, ImageOps, features
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

ORIENTATION = 0x0112


def draw(height, width, seed=0):
    """A sky, a disc, stripes, a grey wedge and a little noise: smooth parts and sharp edges."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    picture = np.stack([40 + 180 * y / height, 90 + 100 * x / width, 220 - 150 * y / height], -1)
    disc = (y - height * 0.35) ** 2 + (x - width * 0.3) ** 2 < (height * 0.22) ** 2
    picture[disc] = [250, 200, 20]
    stripes = (x + y).astype(int) // 2 % 3 == 0
    picture[stripes & (y > height * 0.65)] = [10, 60, 15]
    wedge = x > width * 0.8
    picture[wedge] = (255 * y / (height - 1))[wedge][:, None]
    noise = np.random.RandomState(seed).randint(-6, 7, picture.shape)
    return Image.fromarray(np.clip(picture + noise, 0, 255).astype(np.uint8))


def adam7_png(rgb):
    """An interlaced PNG, which PIL does not write."""
    height, width, _ = rgb.shape
    rows = b""
    for y0, x0, dy, dx in [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2),
                           (0, 1, 2, 2), (1, 0, 2, 1)]:
        for row in rgb[y0::dy, x0::dx]:
            rows += b"\0" + row.tobytes() if row.size else b""

    def chunk(kind, body):
        checksum = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) +
            chunk(b"IEND", b""))


def bmp(rgb, bits, masks=None, top_down=False, header_bytes=40):
    """The kinds of BMP that PIL reads but does not write."""
    height, width, _ = rgb.shape
    red, green, blue = rgb.astype(np.uint32).transpose(2, 0, 1)
    palette = b""
    if bits == 4:
        palette = bytes(v for i in range(16) for v in (17 * i, 255 - 17 * i, i * i, 0))
        index = (green >> 4).astype(np.uint8)
        if width % 2:
            index = np.pad(index, ((0, 0), (0, 1)))
        rows = index[:, ::2] << 4 | index[:, 1::2]
    elif bits == 16 and masks:
        rows = ((red >> 3) << 11 | (green >> 2) << 5 | blue >> 3).astype("<u2")
    elif bits == 16:
        rows = ((red >> 3) << 10 | (green >> 3) << 5 | blue >> 3).astype("<u2")
    elif bits == 32:
        rows = (red << 16 | green << 8 | blue).astype("<u4")
    else:
        rows = np.ascontiguousarray(rgb[:, :, ::-1])
    rows = [row.tobytes() for row in rows]
    rows = [row + b"\0" * (-len(row) % 4) for row in rows]
    pixels = b"".join(rows if top_down else rows[::-1])
    if header_bytes == 12:
        header = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        header = struct.pack("<IiiHHIIiiII", header_bytes, width, -height if top_down else height,
                             1, bits, 3 if masks else 0, len(pixels), 2835, 2835, 0, 0)
        header += b"\0" * (header_bytes - 40)
    extra = palette + (struct.pack("<III", *masks) if masks else b"")
    start = 14 + len(header) + len(extra)
    return (b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + header + extra +
            pixels)


def decode_cases(folder):
    height, width = 27, 35
    picture = draw(height, width)
    grey = picture.convert("L")
    alpha = picture.copy()
    opacity = np.linspace(0, 255, height * width).reshape(height, width)
    alpha.putalpha(Image.fromarray(opacity.astype(np.uint8)))
    palette = picture.quantize(20)
    rgb = np.asarray(picture)
    # 16-bit samples whose lower bytes are not zero.
    deep = (rgb.astype(np.uint16) << 8) + rgb[::-1, ::-1]
    expected = {}

    def save(name, image, **settings):
        image.save(folder / name, **settings)

    def write(name, content, what=None):
        (folder / name).write_bytes(content)
        if what is not None:
            expected[name] = what

    save("420.jpg", picture, quality=85, subsampling="4:2:0")
    save("422.jpg", picture, quality=85, subsampling="4:2:2")
    save("444.jpg", picture, quality=85, subsampling="4:4:4")
    save("grey.jpg", grey, quality=85)
    save("cmyk.jpg", picture.convert("CMYK"), quality=85)
    save("progressive.jpg", picture, quality=85, progressive=True)
    save("progressive_cmyk.jpg", picture.convert("CMYK"), quality=85, progressive=True)
    save("two_pictures.mpo", picture, format="MPO", save_all=True, append_images=[grey])
    upright = draw(16, 24, seed=5)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        save(f"orientation_{orientation}.jpg", upright, quality=90, exif=exif)
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    save("orientation_6.png", upright, exif=exif)
    save("orientation_6.webp", upright, quality=90, exif=exif)
    save("orientation_6.tif", upright, tiffinfo={ORIENTATION: 6})

    save("rgb.png", picture)
    save("grey.png", grey)
    save("rgba.png", alpha)
    save("grey_alpha.png", alpha.convert("LA"))
    save("palette.png", palette)
    save("palette_4_colours.png", picture.quantize(4), bits=2)
    save("palette_transparent.png", palette, transparency=bytes(range(0, 200, 10)))
    save("black_and_white.png", picture.convert("1"))
    save("transparent_colour.png", picture, transparency=(250, 200, 20))
    write("interlaced.png", adam7_png(rgb))
    write("16bit.png", cv2.imencode(".png", deep[:, :, ::-1])[1].tobytes(), rgb)
    write("grey_16bit.png", cv2.imencode(".png", deep[:, :, 0])[1].tobytes(), rgb[:, :, 0])

    save("lossy.webp", picture, quality=80)
    save("lossless.webp", picture, lossless=True)
    save("alpha.webp", alpha, quality=80)
    save("animated.webp", picture, save_all=True, append_images=[picture.rotate(180)], quality=80)

    save("palette.gif", palette)
    save("straight.gif", palette, interlace=0)
    save("grey.gif", grey)
    save("transparent.gif", palette, transparency=3)
    save("animated.gif", palette, save_all=True, append_images=[palette.rotate(180)])
    # The same frame, on a larger screen: the frame's size stays, the screen's changes.
    plain = io.BytesIO()
    palette.save(plain, "GIF")
    moved = bytearray(plain.getvalue())
    moved[6:10] = struct.pack("<HH", width + 10, height + 9)
    at = moved.index(b"\x2c" + struct.pack("<HHHH", 0, 0, width, height))
    moved[at + 1:at + 5] = struct.pack("<HH", 7, 4)
    write("on_a_screen.gif", bytes(moved))

    save("rgb.tif", picture)
    save("lzw.tif", picture, compression="tiff_lzw")
    save("deflate.tif", picture, compression="tiff_adobe_deflate")
    save("jpeg.tif", picture, compression="jpeg", quality=85)
    save("rgba.tif", alpha)
    save("palette.tif", palette)
    save("cmyk.tif", picture.convert("CMYK"))
    save("black_and_white.tif", picture.convert("1"), compression="group4")
    write("16bit.tif", cv2.imencode(".tif", deep[:, :, ::-1])[1].tobytes(), rgb)
    write("grey_16bit.tif", cv2.imencode(".tif", deep[:, :, 0])[1].tobytes(), rgb[:, :, 0])

    save("rgb.bmp", picture)
    save("palette.bmp", palette)
    save("grey.bmp", grey)
    save("black_and_white.bmp", picture.convert("1"))
    write("4_bits.bmp", bmp(rgb, 4))
    write("555.bmp", bmp(rgb, 16))
    write("565.bmp", bmp(rgb, 16, masks=(0xF800, 0x07E0, 0x001F)))
    write("32_bits.bmp", bmp(rgb, 32))
    write("top_down.bmp", bmp(rgb, 24, top_down=True))
    write("new_header.bmp", bmp(rgb, 24, header_bytes=124))
    write("old_header.bmp", bmp(rgb, 24, header_bytes=12))
    save("black_and_white.pbm", picture.convert("1"))
    dots = (rgb[:, :, 0] < 128).astype(int)
    rows = "\n".join("".join(map(str, row)) for row in dots)
    write("text.pbm", f"P1\n# drawn\n{width} {height}\n{rows}\n".encode(), 255 * (1 - dots))
    save("rgb.ppm", picture)
    save("grey.pgm", grey)
    text = " ".join(map(str, rgb.ravel()))
    write("text.ppm", f"P3\n# drawn\n{width} {height}\n255\n{text}\n".encode())
    text = " ".join(map(str, rgb[:, :, 0].ravel()))
    write("text.pgm", f"P2 {width} {height} 255\n{text}\n".encode())
    write("16bit.ppm", f"P6 {width} {height} 65535\n".encode() + deep.astype(">u2").tobytes())

    names = sorted(path.name for path in folder.iterdir() if ".expected." not in path.name)
    for name in names:
        if name in expected:
            result = Image.fromarray(np.uint8(expected[name])).convert("RGB")
        else:
            with Image.open(folder / name) as opened:
                # This Pillow turns a TIFF upright while loading, and would do so twice.
                if opened.format != "TIFF":
                    opened = ImageOps.exif_transpose(opened)
                result = opened.convert("RGB")
        result.save(folder / f"{name}.expected.png", optimize=True)


def geometry_cases(folder):
    picture = draw(61, 47, seed=1)

    def save(name, image):
        if isinstance(image, np.ndarray):
            image = Image.fromarray(image)
        image.save(folder / f"{name}.png", optimize=True)

    save("picture", picture)
    modes = {"bilinear": InterpolationMode.BILINEAR, "bicubic": InterpolationMode.BICUBIC,
             "nearest": InterpolationMode.NEAREST}
    sizes = [(24, 31), (7, 5), (72, 60), (61, 20), (90, 12), (1, 1)]
    for height, width in sizes:
        for mode, value in modes.items():
            save(f"{mode}_{height}x{width}", F.resize(picture, [height, width], value))
        plain = cv2.resize(np.asarray(picture), (width, height))
        save(f"plain_{height}x{width}", plain)
    save("shorter_side_20", F.resize(picture, 20))
    for mode, value in modes.items():
        save(f"box_{mode}", F.resized_crop(picture, 5, 9, 33, 30, [28, 28], value))
    save("box_plain", cv2.resize(np.asarray(picture)[5:38, 9:39], (28, 28)))
    for height, width in [(30, 20), (31, 22), (80, 71), (20, 60), (64, 10)]:
        save(f"center_crop_{height}x{width}", F.center_crop(picture, [height, width]))
    save("crop_beyond", F.crop(picture, -4, 30, 20, 40))
    save("flip", F.hflip(picture))
    for degrees in [10, -10, 33.25, 45, 90, 180, 270, 359.5]:
        save(f"rotate_{degrees}", F.rotate(picture, degrees))
    square = picture.crop((0, 0, 46, 46))
    for degrees in [-30, 90, 270]:
        save(f"rotate_square_{degrees}", F.rotate(square, degrees))
    cells = [F.crop(picture, 3 * i, 2 * i, 15, 12) for i in range(5)]
    tensor = torch.stack([torch.from_numpy(np.array(cell)).permute(2, 0, 1) for cell in cells])
    for nrow, padding in [(3, 2), (8, 1), (1, 0)]:
        grid = torchvision.utils.make_grid(tensor, nrow, padding)
        save(f"grid_{nrow}_{padding}", grid.permute(1, 2, 0).numpy())


def main():
    root = pathlib.Path(sys.argv[1])
    for name, make in [("decode", decode_cases), ("geometry", geometry_cases)]:
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        make(folder)
    print(f"Pillow {PIL.__version__}, torchvision {torchvision.__version__}, "
          f"OpenCV {cv2.__version__}, libjpeg {features.version('jpg')}, "
          f"libwebp {features.version('webp')}")


if __name__ == "__main__":
    main()
