import { open, readFile } from 'node:fs/promises'

/** More than a page of most previews. */
const headBytes = 65_536

/**
 * The first page of the animated WebP in a file, of which no more is read if the page is near its start; any other file whole.
 * @throws the error of the file system if the file cannot be read
 */
export async function readFirstPage(file: string): Promise<Buffer<ArrayBuffer>> {
  const head = await readHead(file)
  const page = firstPage(head)
  if (page !== undefined) return page
  const whole = head.length < headBytes ? head : await readFile(file)
  return firstPage(whole) ?? whole
}

async function readHead(file: string): Promise<Buffer<ArrayBuffer>> {
  await using handle = await open(file)
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(headBytes), 0, headBytes, 0)
  return buffer.subarray(0, bytesRead)
}

/**
 * The first page of an animated WebP as a WebP of its own. Its bytes are taken as they are: nothing is decoded.
 * @returns undefined if the file is not an animated WebP, or its first page is not the whole picture in one opaque part
 */
export function firstPage(file: Buffer): Buffer<ArrayBuffer> | undefined {
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WEBP') return undefined
  const chunks = chunksOf(file.subarray(12))
  const canvas = chunks.find(({ name }) => name === 'VP8X')?.data
  const page = chunks.find(({ name }) => name === 'ANMF')?.data
  if (canvas === undefined || page === undefined || page.length < pageHeaderBytes) return undefined
  const [picture, ...others] = chunksOf(page.subarray(pageHeaderBytes))
  const isWhole =
    page.readUIntLE(0, 3) === 0 &&
    page.readUIntLE(3, 3) === 0 &&
    // Both store width and height less 1, in three bytes each.
    page.subarray(6, 12).equals(canvas.subarray(4, 10))
  if (!isWhole || picture === undefined || others.length > 0) return undefined
  const size = Buffer.alloc(4)
  size.writeUInt32LE(4 + picture.whole.length)
  return Buffer.concat([Buffer.from('RIFF'), size, Buffer.from('WEBP'), picture.whole])
}

/** Place, size, duration and flags of a page. */
const pageHeaderBytes = 16

interface Chunk {
  readonly name: string
  readonly data: Buffer
  /** With its name, length and padding. */
  readonly whole: Buffer
}

/** The complete chunks one after the other. */
function chunksOf(bytes: Buffer): Chunk[] {
  const chunks: Chunk[] = []
  for (let at = 0; at + 8 <= bytes.length;) {
    const length = bytes.readUInt32LE(at + 4)
    const end = at + 8 + length + (length % 2)
    if (end > bytes.length) break
    chunks.push({
      name: bytes.toString('latin1', at, at + 4),
      data: bytes.subarray(at + 8, at + 8 + length),
      whole: bytes.subarray(at, end),
    })
    at = end
  }
  return chunks
}
