import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openFfmpeg } from '#training/video/decode/ffmpeg.ts'
import { inspectFile } from '#training/video/decode/inspect-file.ts'
import { openNodeAv } from '#training/video/decode/node-av.ts'
import { readableVideo } from '../../../support/videos/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'mvd-pictures-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = (name: string) => join(folder, name)
const ffmpeg = await openFfmpeg().catch(() => undefined)
const decoders = [await openNodeAv(), ...(ffmpeg === undefined ? [] : [ffmpeg])].map((decoder) => ({
  name: decoder.description.split(' ')[0],
  decoder,
}))
const size = { width: 48, height: 32 }

/** Left half red, right half blue. */
const pixels = Buffer.concat(
  Array.from({ length: size.width * size.height }, (_, at) =>
    Buffer.from(at % size.width < size.width / 2 ? [250, 10, 20] : [20, 30, 240]),
  ),
)
const picture = () => sharp(pixels, { raw: { ...size, channels: 3 } })

/** A bitmap of Windows, which sharp does not write: rows from the bottom, blue first. */
function bitmap(): Buffer {
  const head = Buffer.alloc(54)
  head.write('BM')
  head.writeUInt32LE(54 + pixels.length, 2)
  head.writeUInt32LE(54, 10)
  head.writeUInt32LE(40, 14)
  head.writeInt32LE(size.width, 18)
  head.writeInt32LE(size.height, 22)
  head.writeUInt16LE(1, 26)
  head.writeUInt16LE(24, 28)
  const rows = Array.from({ length: size.height }, (_, row) =>
    Buffer.concat(
      Array.from({ length: size.width }, (_, column) =>
        pixels.subarray(3 * (row * size.width + column), 3 * (row * size.width + column) + 3).toReversed(),
      ),
    ),
  )
  return Buffer.concat([head, ...rows.toReversed()])
}

beforeAll(async () => {
  const jpeg = await picture().jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer()
  const files: Record<string, Buffer> = {
    'a.jpg': jpeg,
    'progressive.JPEG': await picture().jpeg({ quality: 95, progressive: true }).toBuffer(),
    'a.png': await picture().png().toBuffer(),
    'a.webp': await picture().webp({ lossless: true }).toBuffer(),
    'a.bmp': bitmap(),
    // A brightness map follows the picture, as cameras of phones write it.
    'two.jpg': Buffer.concat([jpeg, await picture().resize(24, 16).greyscale().jpeg().toBuffer()]),
    'turned.jpg': await picture().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    'img_%05d.jpg': jpeg,
    'cut.jpg': jpeg.subarray(0, jpeg.length - 40),
    'head.jpg': jpeg.subarray(0, 100),
    'text.jpg': Buffer.from('How to draw.'),
    'empty.png': Buffer.alloc(0),
    'picture.mp4': jpeg,
    'video.png': readFileSync(readableVideo('h264-five-frames.mp4')),
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(path(name), content)
  for (const name of ['a.png', 'a.webp']) {
    const whole = files[name] ?? Buffer.alloc(0)
    writeFileSync(path(name.replace('a.', 'cut.')), whole.subarray(0, whole.length - 10))
  }
})

describe.each(decoders)('$name', ({ decoder }) => {
  test.each([
    ['a.jpg', 'mjpeg'],
    ['progressive.JPEG', 'mjpeg'],
    ['a.png', 'png'],
    ['a.webp', 'webp'],
    ['a.bmp', 'bmp'],
    ['two.jpg', 'mjpeg'],
    ['turned.jpg', 'mjpeg'],
  ])('%s is a video of one frame', async (name, codec) => {
    expect(await inspectFile(decoder, path(name))).toMatchObject({
      state: 'readable',
      facts: { ...size, frameCount: 1, codec },
    })
    const frames: Buffer[] = []
    await decoder.decode(path(name), size, 'all', (frame) => void frames.push(Buffer.from(frame)))
    await decoder.decode(path(name), size, [0], (frame) => void frames.push(Buffer.from(frame)))
    expect(frames).toHaveLength(2)
    for (const frame of frames) {
      const [left, right] = [8, 40].map((column) => [...frame.subarray(3 * (16 * size.width + column)).subarray(0, 3)])
      for (const [found, expected] of [
        [left, [250, 10, 20]],
        [right, [20, 30, 240]],
      ] as const)
        expected.forEach((value, channel) => expect(Math.abs((found?.[channel] ?? 0) - value)).toBeLessThan(16))
    }
  })

  test.each([
    ['cut.jpg', 'The file is cut off: it ends in the middle of a picture.'],
    ['head.jpg', 'The file is cut off: it ends in the middle of a picture.'],
    ['cut.png', 'The file is cut off: it ends in the middle of a picture.'],
    ['cut.webp', 'The file is cut off: it ends in the middle of a picture.'],
    ['text.jpg', 'This is not a picture: no JPEG, PNG, WebP or BMP was found in it.'],
    ['empty.png', 'The file is empty.'],
    ['picture.mp4', 'The content of the file is JPEG, which its ending does not say. Rename it.'],
    ['video.png', 'The content of the file is MP4, which its ending does not say. Rename it.'],
  ])('%s is broken', async (name, reason) => {
    const found = await inspectFile(decoder, path(name))
    expect(found).toMatchObject({ state: 'broken', reason: expect.stringContaining(reason) })
  })

  test('a name with a pattern reads no other files', async () => {
    writeFileSync(path('img_00001.jpg'), readFileSync(path('a.jpg')))
    writeFileSync(path('img_00002.jpg'), readFileSync(path('a.jpg')))
    const frames: number[] = []
    await decoder
      .decode(path('img_%05d.jpg'), size, 'all', (_, index) => void frames.push(index))
      .catch(() => undefined)
    expect(frames.length).toBeLessThan(2)
  })
})
