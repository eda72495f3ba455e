# Writes pillow.json: a small picture and what Pillow (12.3.0 here) makes of it, for apply.test.ts.
import base64, json, math, sys
from PIL import Image, ImageEnhance, ImageOps

WIDTH, HEIGHT = 17, 13
values = bytes(
    min(230, max(0, int(128 + 90 * math.sin(x * 0.3 * (channel + 1) + y * 0.2) + (x * 37 + y * 91 + channel * 53) % 41 - 20)))
    for y in range(HEIGHT) for x in range(WIDTH) for channel in range(3)
)
picture = Image.frombytes("RGB", (WIDTH, HEIGHT), values)
text = lambda image: base64.b64encode(image.tobytes()).decode()
results = []
add = lambda operation, image: results.append({"operation": operation, "pixels": text(image)})

add({"kind": "auto-contrast"}, ImageOps.autocontrast(picture))
add({"kind": "equalize"}, ImageOps.equalize(picture))
add({"kind": "invert"}, ImageOps.invert(picture))
for bits in (1, 2, 4):
    add({"kind": "posterize", "bits": bits}, ImageOps.posterize(picture, bits))
for threshold in (0, 77, 256):
    add({"kind": "solarize", "threshold": threshold}, ImageOps.solarize(picture, threshold))
add({"kind": "solarize-add", "amount": 77}, picture.point([min(255, value + 77) if value < 128 else value for value in range(256)] * 3))
for kind, enhance in (("color", ImageEnhance.Color), ("contrast", ImageEnhance.Contrast), ("brightness", ImageEnhance.Brightness), ("sharpness", ImageEnhance.Sharpness)):
    for factor in (0.37, 1.63):
        add({"kind": kind, "factor": factor}, enhance(picture).enhance(factor))
for matrix in ([1, 0.21, 0, 0, 1, 0], [1, 0, 0, -0.21, 1, 0], [1, 0, 5.355, 0, 1, 0], [1, 0, 0, 0, 1, -4.095]):
    moved = picture.transform(picture.size, Image.Transform.AFFINE, matrix, resample=Image.Resampling.BICUBIC, fillcolor=(128, 128, 128))
    add({"kind": "affine", "matrix": matrix}, moved)
turned = [{"degrees": degrees, "pixels": text(picture.rotate(degrees, resample=Image.Resampling.BICUBIC, fillcolor=(128, 128, 128)))} for degrees in (21, -13.7)]
json.dump({"width": WIDTH, "height": HEIGHT, "picture": text(picture), "results": results, "turned": turned}, open(sys.argv[1], "w"), indent=1)
