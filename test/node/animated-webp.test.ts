import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { firstPage, readFirstPage } from '#node/animated-webp.ts'
import { temporaryFolder } from '../main/support.ts'

const [width, height, pages] = [40, 30, 3]

/** Pages of noise, so that none is like another. */
const noise = Buffer.alloc(width * height * 3 * pages)
for (let index = 0; index < noise.length; index++) noise[index] = (index * 7919 + (index >> 5) * 104729) & 255

const pixels = (bytes: Buffer) => sharp(bytes, { page: 0 }).removeAlpha().raw().toBuffer()

const animated = (lossless: boolean) =>
  sharp(noise, { raw: { width, height: height * pages, channels: 3, pageHeight: height } })
    .webp({ lossless, quality: 70, effort: 2, loop: 0, delay: [80, 80, 80] })
    .toBuffer()

test.each([false, true])('the first page of an animated picture has its pixels (lossless: %s)', async (lossless) => {
  const file = await animated(lossless)
  expect((await sharp(file, { animated: true }).metadata()).pages).toBe(pages)
  const still = firstPage(file)!
  expect((await sharp(still, { animated: true }).metadata()).pages ?? 1).toBe(1)
  expect(still.length).toBeLessThan(file.length / 2)
  expect(Buffer.compare(await pixels(still), await pixels(file))).toBe(0)
})

test('a picture without pages, one that is cut off, and other bytes have none', async () => {
  const still = await sharp(noise.subarray(0, width * height * 3), { raw: { width, height, channels: 3 } })
    .webp()
    .toBuffer()
  const file = await animated(false)
  for (const bytes of [still, file.subarray(0, 60), Buffer.alloc(0), Buffer.from('no picture at all')])
    expect(firstPage(bytes)).toBeUndefined()
})

test.each([
  ['shorter than what is read of it first', 40, 3, false],
  ['longer than it', 160, 12, false],
  ['whose first page is longer than it', 320, 2, true],
])('a file %s gives its first page', async (_, side, count, lossless) => {
  const all = Buffer.alloc(side * side * 3 * count)
  for (let index = 0; index < all.length; index++) all[index] = (index * 7919 + (index >> 5) * 104729) & 255
  const bytes = await sharp(all, { raw: { width: side, height: side * count, channels: 3, pageHeight: side } })
    .webp({ lossless, quality: 90, effort: 0, loop: 0 })
    .toBuffer()
  const file = join(temporaryFolder(), 'preview.webp')
  writeFileSync(file, bytes)
  expect((await readFirstPage(file)).equals(firstPage(bytes)!)).toBe(true)
})

test('a file without pages is read whole', async () => {
  const file = join(temporaryFolder(), 'preview.webp')
  writeFileSync(file, Buffer.alloc(100_000, 7))
  expect((await readFirstPage(file)).equals(Buffer.alloc(100_000, 7))).toBe(true)
})
