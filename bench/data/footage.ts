import type { Size } from '#training/data/geometry.ts'
import { draws } from '#training/data/random.ts'

/** Plane waves of the texture. */
const waveCount = 24
/** Most that the noise of the camera changes a value. */
const noise = 1

/**
 * RGB frames [height, width, 3] like footage: the camera moves over a soft texture with edges, a disc moves across, and each frame has the
 * noise of a camera. Encoded, they have about the bits of downloaded videos, of which decoders take most of their time for motion and
 * not for coefficients.
 */
export function footage({ width, height }: Size, frameCount: number): Buffer[] {
  const wide = { width: width + 2 * frameCount, height: height + frameCount }
  const picture = textureOf(wide)
  const random = draws(0, 'noise')
  return Array.from({ length: frameCount }, (_, number) => {
    const frame = Buffer.alloc(width * height * 3)
    const [centreX, centreY, radius] = [width - 5 * number, height / 3 + 2 * number, height / 6]
    for (let y = 0, at = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const isDisc = (x - centreX) ** 2 + (y - centreY) ** 2 < radius ** 2
        const from = ((y + number) * wide.width + x + 2 * number) * 3
        const change = Math.round((random.uniform() - 0.5) * 2 * noise)
        for (let channel = 0; channel < 3; channel++, at++)
          frame[at] = Math.max(
            0,
            Math.min(255, (isDisc ? 220 - 60 * channel : (picture[from + channel] ?? 0)) + change),
          )
      }
    return frame
  })
}

/** RGB [height, width, 3]: plane waves, the slower ones stronger, one of them with edges. */
function textureOf({ width, height }: Size): Uint8Array {
  const random = draws(0, 'texture')
  const waves = Array.from({ length: waveCount }, (_, index) => {
    const [angle, frequency] = [random.uniform() * 2 * Math.PI, 0.01 * 1.15 ** index]
    const phases = [0, 1, 2].map((channel) => channel * 0.7 + random.uniform())
    return { x: frequency * Math.cos(angle), y: frequency * Math.sin(angle), phases, height: 40 / (1 + index / 3) }
  })
  const picture = new Uint8Array(width * height * 3)
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < 3; channel++, at++) {
        let value = 128
        for (const [index, wave] of waves.entries()) {
          const swing = Math.sin(wave.x * x + wave.y * y + (wave.phases[channel] ?? 0))
          value += wave.height * (index === 0 ? Math.sign(swing) : swing)
        }
        picture[at] = Math.max(0, Math.min(255, value))
      }
  return picture
}
