/** A moving picture in planes of 8 bits: luma and two chroma planes of full resolution (4:4:4). */
export interface Scene {
  readonly width: number
  readonly height: number
  readonly frames: readonly Planes[]
}

export type Planes = readonly [y: Uint8Array, u: Uint8Array, v: Uint8Array]

type Colour = readonly [y: number, u: number, v: number]

export interface Ball {
  readonly x: number
  readonly y: number
  readonly radius: number
  readonly colour: Colour
}

/**
 * Draws a ball in front of a gradient with a fine texture. `ballAt` returns the ball at a frame, in pixels. The texture differs
 * for each `seed`, and every pixel of a frame is the same on every machine.
 */
export function drawScene(
  { width, height, frameCount }: { width: number; height: number; frameCount: number },
  ground: Colour,
  ballAt: (frame: number) => Ball,
  seed = 0,
): Scene {
  const still = blank(width, height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const texture = (Math.imul(x * 73 + y * 151 + seed * 7919 + 1, 2654435761) >>> 28) - 8
      still[0][at] = clamp(ground[0] + (48 * x) / width - (40 * y) / height + texture)
      still[1][at] = clamp(ground[1] + (30 * y) / height)
      still[2][at] = clamp(ground[2] - (30 * x) / width)
    }
  }
  const frames = Array.from({ length: frameCount }, (_, frame): Planes => {
    const planes: Planes = [still[0].slice(), still[1].slice(), still[2].slice()]
    const { x: centreX, y: centreY, radius, colour } = ballAt(frame)
    for (let y = Math.max(0, Math.ceil(centreY - radius)); y <= Math.min(height - 1, centreY + radius); y++) {
      for (let x = Math.max(0, Math.ceil(centreX - radius)); x <= Math.min(width - 1, centreX + radius); x++) {
        if ((x - centreX) ** 2 + (y - centreY) ** 2 > radius ** 2) continue
        planes.forEach((plane, channel) => (plane[y * width + x] = colour[channel] ?? 0))
      }
    }
    return planes
  })
  return { width, height, frames }
}

/** Swaps rows and columns. */
export function transposed({ width, height, frames }: Scene): Scene {
  const turn = (plane: Uint8Array) =>
    Uint8Array.from(plane, (_, at) => plane[(at % height) * width + Math.floor(at / height)] ?? 0)
  return { width: height, height: width, frames: frames.map(([y, u, v]) => [turn(y), turn(u), turn(v)]) }
}

/** Bytes of a frame as YUV 4:2:0 with 8 bits; sides must be even. */
export function toYuv420(scene: Scene, frame: number): Buffer {
  const [y, u, v] = scene.frames[frame] ?? blank(scene.width, scene.height)
  const halved = (plane: Uint8Array) =>
    Uint8Array.from(
      { length: plane.length / 4 },
      (_, at) => plane[2 * Math.floor(at / (scene.width / 2)) * scene.width + 2 * (at % (scene.width / 2))] ?? 0,
    )
  return Buffer.concat([y, halved(u), halved(v)])
}

/** Bytes of a frame as YUV 4:4:4 with 10 bits, little-endian. */
export function toYuv444In10Bits(scene: Scene, frame: number): Buffer {
  const planes = scene.frames[frame] ?? []
  return Buffer.concat(planes.map((plane) => Buffer.from(Uint16Array.from(plane, (value) => 4 * value).buffer)))
}

const blank = (width: number, height: number): Planes => [
  new Uint8Array(width * height),
  new Uint8Array(width * height),
  new Uint8Array(width * height),
]

const clamp = (value: number) => Math.max(16, Math.min(235, Math.round(value)))
