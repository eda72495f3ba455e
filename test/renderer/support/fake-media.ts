import sharp from 'sharp'
import type { Sharp } from 'sharp'
import type { MediaItem } from '#contract/domain/media.ts'
import type { Stage } from '#contract/stages/index.ts'
import { noise } from './fake-curves.ts'

const size = 64
type Role = 'input' | 'masked' | 'reconstruction' | 'patch-mean'
type Colour = readonly [number, number, number]

/** Pixel (x, y) of a textured shape that moves over a textured background. */
function pixel(seed: number, x: number, y: number, frame: number): Colour {
  const angle = seed * 1.7
  const centreX = 32 + Math.cos(angle) * (frame - 8) * 1.6
  const centreY = 32 + Math.sin(angle) * (frame - 8) * 1.6
  const ground = 70 + 26 * Math.sin((x + seed * 3) / 5) + 22 * Math.cos((y - seed) / 7)
  const isInside =
    seed % 2 === 0
      ? Math.hypot(x - centreX, y - centreY) < 15
      : Math.max(Math.abs(x - centreX), Math.abs(y - centreY)) < 13
  if (!isInside) return [ground * 0.8, ground, ground * 1.15]
  const stripe = 170 + 60 * Math.sign(Math.sin((x + y * (seed % 3)) / 2.5))
  return [stripe, stripe * (0.4 + 0.1 * (seed % 5)), stripe * (0.3 + 0.12 * (seed % 4))]
}

function strip(
  frames: number,
  layout: 'row' | 'column',
  colour: (x: number, y: number, frame: number) => Colour,
): Sharp {
  const width = layout === 'column' ? size : size * frames
  const height = layout === 'column' ? size * frames : size
  const raw = Buffer.alloc(width * height * 3)
  for (let frame = 0; frame < frames; frame++) {
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const column = layout === 'column' ? x : frame * size + x
        const row = layout === 'column' ? frame * size + y : y
        raw.set(
          colour(x, y, frame).map((value) => Math.max(0, Math.min(255, value))),
          (row * width + column) * 3,
        )
      }
    }
  }
  return sharp(raw, { raw: { width, height, channels: 3, ...(layout === 'column' ? { pageHeight: size } : {}) } })
}

/** Animated WebP preview of a video. */
export const previewWebp = (seed: number): Promise<Buffer> =>
  strip(16, 'column', (x, y, frame) => pixel(seed, x, y, frame))
    .webp({ loop: 0, delay: Array.from({ length: 16 }, () => 80), quality: 80 })
    .toBuffer()

const grid: [number, number, number] = [8, 4, 4]

function tubeMask(seed: number, ratio: number): (0 | 1)[] {
  const cells = Array.from({ length: 16 }, (_, cell) => cell).toSorted((a, b) => noise(seed, a) - noise(seed, b))
  const hidden = new Set(cells.slice(0, Math.floor(16 * ratio)))
  return Array.from({ length: 8 * 16 }, (_, token) => (hidden.has(token % 16) ? 1 : 0))
}

const videoPath = 'clips-0/0004.mp4'

/** Pictures of a stage at `step`: reconstructions of the teachers, error maps of the distillation. */
export function fakeMedia(stage: Stage, step: number, total: number): MediaItem | undefined {
  if (stage === 'finetune' || stage === 'evaluate') return undefined
  const frames = stage === 'image-teacher' ? 1 : 16
  const own: [number, number, number] = stage === 'image-teacher' ? [1, 4, 4] : grid
  const mask = stage === 'image-teacher' ? tubeMask(7, 0.75).slice(0, 16) : tubeMask(7, 0.9)
  const path = (role: Role) => `media/step-${String(step).padStart(8, '0')}-${role}.webp`
  const roles: Role[] = stage === 'distill' ? ['input', 'masked'] : ['input', 'masked', 'reconstruction', 'patch-mean']
  const errors = (teacher: 'image' | 'video') => ({
    teacher,
    values: mask.map((hidden, token) =>
      hidden === 1
        ? (teacher === 'image' ? 0.4 : 0.6) *
          (0.25 + Math.exp((-3 * step) / total)) *
          (1 + 0.7 * noise(token, teacher === 'image' ? 1 : 2))
        : null,
    ),
  })
  return {
    step,
    kind: stage === 'distill' ? 'error-map' : 'reconstruction',
    video: videoPath,
    frames,
    imageSize: size,
    grid: own,
    mask,
    strips: roles.map((role) => ({ role, path: path(role) })),
    errorMaps: stage === 'distill' ? [errors('image'), errors('video')] : [],
  }
}

/** A strip as an image file. Reconstructions become sharper with each step. */
export function stripWebp(item: MediaItem, role: Role, total: number): Promise<Buffer> {
  const blur = Math.max(1, Math.round(12 * Math.exp((-4 * item.step) / total)))
  const isHidden = (x: number, y: number, frame: number) =>
    item.mask[Math.floor((frame / item.frames) * item.grid[0]) * 16 + Math.floor(y / 16) * 4 + Math.floor(x / 16)] === 1
  const image = strip(item.frames, 'row', (x, y, frame) => {
    const shown = item.frames === 1 ? 6 : frame
    if (role === 'input') return pixel(4, x, y, shown)
    if (role === 'masked') return isHidden(x, y, frame) ? [128, 128, 128] : pixel(4, x, y, shown)
    if (role === 'patch-mean') return pixel(4, Math.floor(x / 16) * 16 + 8, Math.floor(y / 16) * 16 + 8, shown)
    return isHidden(x, y, frame)
      ? pixel(4, Math.floor(x / blur) * blur, Math.floor(y / blur) * blur, shown)
      : pixel(4, x, y, shown)
  })
  return image.webp({ quality: 90 }).toBuffer()
}
