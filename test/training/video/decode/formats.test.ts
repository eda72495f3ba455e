import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hasVideoContent, isVideoFile } from '#main/datasets/endings.ts'
import { inspectFile } from '#training/video/decode/inspect-file.ts'
import { openNodeAv } from '#training/video/decode/node-av.ts'
import { temporaryFolder } from '../../../main/support.ts'
import { crossing } from '../../../support/videos/readable.ts'
import { writeVideo } from '../../../support/videos/write-video.ts'

const scene = crossing({ width: 352, height: 288, frameCount: 12 })

test.each([
  ['a.m2v', 'mpeg2video', 'mpeg2video'],
  ['a.ts', 'mpegts', 'mpeg2video'],
  ['a.mts', 'mpegts', 'mpeg2video'],
  ['a.m2ts', 'mpegts', 'mpeg2video'],
  ['a.asf', 'asf', 'wmv2'],
  ['a.wmv', 'asf', 'wmv2'],
  ['a.divx', 'avi', 'mpeg4'],
  ['a.vob', 'vob', 'mpeg2video'],
  ['a.flv', 'flv', 'flv'],
  ['a.mxf', 'mxf', 'mpeg2video'],
  ['a.ogv', 'ogg', 'libtheora'],
  ['a.ogg', 'ogg', 'libvpx'],
  ['a.3gp', '3gp', 'mpeg4'],
  ['a.qt', 'mov', 'mpeg4'],
  ['a.rm', 'rm', 'rv20'],
  ['a.wtv', 'wtv', 'mpeg2video'],
  ['a.ivf', 'ivf', 'libvpx'],
  ['a.nut', 'nut', 'mpeg4'],
  ['a.y4m', 'yuv4mpegpipe', 'rawvideo'],
])(
  '%s is taken by an import, and the decoder reads all frames and the frame rate',
  async (name, container, encoder) => {
    const file = join(temporaryFolder(), name)
    await writeVideo(file, scene, { container, encoder })
    expect([isVideoFile(name), hasVideoContent(file)]).toEqual([true, true])
    expect(await inspectFile(await openNodeAv(), file)).toMatchObject({
      state: 'readable',
      facts: { frameCount: 12, framesPerSecond: 24 },
    })
  },
)

/** A GIF of one black pixel with one picture per 100 ms. */
function gif(pictures: number): Buffer {
  const picture = '21f904000a0000002c0000000001000100000202440100'
  return Buffer.from(`47494638396101000100800000000000ffffff${picture.repeat(pictures)}3b`, 'hex')
}

test.each([1, 3])('a GIF with %i pictures has as many frames', async (pictures) => {
  const file = join(temporaryFolder(), 'a.gif')
  writeFileSync(file, gif(pictures))
  expect(await inspectFile(await openNodeAv(), file)).toMatchObject({
    state: 'readable',
    facts: { frameCount: pictures, framesPerSecond: 10 },
  })
})

test('a GIF that is cut off is broken, wherever it ends', async () => {
  const decoder = await openNodeAv()
  const whole = gif(3)
  const file = join(temporaryFolder(), 'cut.gif')
  for (let size = 20; size < whole.length; size += 5) {
    writeFileSync(file, whole.subarray(0, size))
    expect(await inspectFile(decoder, file), `${size} bytes`).toMatchObject({
      state: 'broken',
      reason: expect.stringContaining('cut off'),
    })
  }
  // Writers may add bytes behind the trailer.
  writeFileSync(file, Buffer.concat([whole, Buffer.from('more')]))
  expect(await inspectFile(decoder, file)).toMatchObject({ state: 'readable', facts: { frameCount: 3 } })
})

test.each([
  ['a.rm', 'rm', 'rv20'],
  ['a.y4m', 'yuv4mpegpipe', 'rawvideo'],
  ['a.nut', 'nut', 'mpeg4'],
  ['a.mxf', 'mxf', 'mpeg2video'],
  ['a.m2v', 'mpeg2video', 'mpeg2video'],
])('%s that is cut off is broken', async (name, container, encoder) => {
  const file = join(temporaryFolder(), name)
  await writeVideo(file, scene, { container, encoder })
  const whole = readFileSync(file)
  writeFileSync(file, whole.subarray(0, whole.length * 0.6))
  expect(await inspectFile(await openNodeAv(), file)).toMatchObject({ state: 'broken' })
})
