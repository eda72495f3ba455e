import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { array, assert, asyncProperty, boolean, double, nat, pre, property, record, uniqueArray } from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ComparedVideo, NearDuplicates } from '#main/datasets/integrity/near-duplicates.ts'
import type { Size } from '#training/data/geometry.ts'
import { inspectVideo } from '#training/video/decode/inspect-video.ts'
import { openNodeAv } from '#training/video/decode/node-av.ts'
import type { Scene } from '../../../support/videos/scene.ts'
import { type VideoFormat, writeVideo } from '../../../support/videos/write-video.ts'

let folder = ''
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'near-duplicates-'))))
afterAll(() => rmSync(folder, { recursive: true }))

interface Place {
  readonly across: number
  readonly down: number
  readonly phase: number
}

/** A still ground of waves with a square that moves from one place to another. Places and sizes are shares of the picture. */
function scene({ width, height }: Size, waves: readonly Place[], from: Place, to: Place, frameCount = 16): Scene {
  const grey = new Uint8Array(width * height).fill(128)
  const ground = Uint8Array.from({ length: width * height }, (_, at) => {
    const [x, y] = [(at % width) / width, Math.floor(at / width) / height]
    const heights = waves.map(({ across, down, phase }) =>
      Math.sin(2 * Math.PI * (4 * (across - 0.5) * x + 4 * down * y + phase)),
    )
    return 100 + (60 * heights.reduce((sum, one) => sum + one, 0)) / waves.length
  })
  const frames = Array.from({ length: frameCount }, (_, frame): Scene['frames'][number] => {
    const share = frame / (frameCount - 1)
    const picture = ground.slice()
    const left = Math.round(0.8 * width * (from.across + share * (to.across - from.across)))
    const top = Math.round(0.75 * height * (from.down + share * (to.down - from.down)))
    for (let y = top; y < top + height / 4; y++)
      picture.fill(220, y * width + left, y * width + left + Math.round(width / 5))
    return [picture, grey, grey]
  })
  return { width, height, frames }
}

const h264 = (crf: number): VideoFormat => ({
  encoder: 'libx264',
  container: 'mp4',
  encoderOptions: { preset: 'superfast', crf: String(crf), 'x264-params': 'mbtree=0' },
})
const mpeg4: VideoFormat = { encoder: 'mpeg4', container: 'avi', tag: 'XVID' }

/** Writes a video and inspects it as an import does. */
async function inspected(name: string, of: Scene, format: VideoFormat): Promise<ComparedVideo> {
  const path = join(folder, name)
  await writeVideo(path, of, format)
  const found = await inspectVideo(await openNodeAv(), path)
  if (found.state === 'broken') throw new Error(found.reason)
  return { path, durationMs: found.facts.durationMs, fingerprint: found.traits.fingerprint! }
}

const share = double({ min: 0, max: 1, noNaN: true })
const place = record({ across: share, down: share, phase: share })
/** Three waves that follow from a number: two numbers give two grounds that have nothing in common. */
const ground = (seed: number): Place[] =>
  Array.from({ length: 3 }, (_, wave) => {
    const at = (index: number) => (Math.imul(seed + 1, 2654435761 + 40503 * (3 * wave + index)) >>> 8) / 2 ** 24
    return { across: at(0), down: at(1), phase: at(2) }
  })
const anyGround = nat(10_000).map(ground)
const far = (a: Place, b: Place) => Math.hypot(a.across - b.across, a.down - b.down) > 0.6
const twoGrounds = uniqueArray(nat(10_000), { minLength: 2, maxLength: 2 }).map((seeds) => seeds.map(ground))
const [large, small] = [
  { width: 128, height: 96 },
  { width: 80, height: 60 },
]

describe('videos', () => {
  test('are recognised at another size, quality and codec', async () => {
    await assert(
      asyncProperty(anyGround, place, place, async (waves, from, to) => {
        const original = await inspected('a.mp4', scene(large, waves, from, to), h264(16))
        const found = new NearDuplicates()
        found.add(original)
        for (const [name, size, format] of [
          ['b.mp4', large, h264(34)],
          ['c.mp4', small, h264(28)],
          ['d.avi', small, mpeg4],
        ] as const)
          expect(found.find(await inspected(name, scene(size, waves, from, to), format))).toBe(original.path)
      }),
      { numRuns: 20, seed: 7 },
    )
  })

  test('of another scene are not, and neither are those in which something else moves', async () => {
    await assert(
      asyncProperty(twoGrounds, place, place, async ([waves = [], others = []], from, to) => {
        pre(far(from, to))
        const found = new NearDuplicates()
        found.add(await inspected('a.mp4', scene(large, waves, from, to), h264(20)))
        expect(found.find(await inspected('b.mp4', scene(large, others, from, to), h264(20)))).toBeUndefined()
        expect(found.find(await inspected('c.mp4', scene(large, waves, to, from), h264(20)))).toBeUndefined()
      }),
      { numRuns: 20, seed: 11 },
    )
  })

  test('of another length are not', async () => {
    const [a, b, c] = [
      { across: 0.2, down: 0.9, phase: 0.1 },
      { across: 0.9, down: 0.3, phase: 0.7 },
      { across: 0.6, down: 0.6, phase: 0.4 },
    ]
    const found = new NearDuplicates()
    found.add(await inspected('a.mp4', scene(large, [a, b, c], a, b), h264(20)))
    expect(found.find(await inspected('b.mp4', scene(large, [a, b, c], a, b, 32), h264(20)))).toBeUndefined()
  })
})

const hex = (bits: readonly boolean[]): string =>
  Array.from({ length: bits.length / 4 }, (_, digit) =>
    Number.parseInt(
      bits
        .slice(4 * digit, 4 * digit + 4)
        .map(Number)
        .join(''),
      2,
    ).toString(16),
  ).join('')

test('the index finds what a comparison with every video finds', () => {
  const bits = array(boolean(), { minLength: 256, maxLength: 256 })
  const still = '0'.repeat(64)
  assert(
    property(bits, uniqueArray(nat(255), { maxLength: 40 }), (original, flipped) => {
      const found = new NearDuplicates()
      found.add({ path: 'a', durationMs: 1000, fingerprint: hex(original) + still })
      const changed = original.map((bit, at) => bit !== flipped.includes(at))
      expect(found.find({ path: 'b', durationMs: 1000, fingerprint: hex(changed) + still })).toBe(
        flipped.length <= 24 ? 'a' : undefined,
      )
    }),
  )
})

test('the most similar of several is named', () => {
  const found = new NearDuplicates()
  const fingerprint = '0123456789abcdef'.repeat(8)
  found.add({ path: 'far', durationMs: 1000, fingerprint: `ff${fingerprint.slice(2)}` })
  found.add({ path: 'near', durationMs: 1000, fingerprint: `00${fingerprint.slice(2)}` })
  expect(found.find({ path: 'new', durationMs: 1010, fingerprint })).toBe('near')
  expect(() => found.add({ path: 'bad', durationMs: 0, fingerprint: 'abc' })).toThrow('Not a fingerprint')
})
