import { crc32 } from 'node:zlib'
import { chunksOf, type NewFile } from '../new-file.ts'

interface Entry {
  readonly name: Uint8Array
  readonly crc: number
  readonly sizeBytes: number
  readonly headerPosition: number
}

const max16 = 0xffff
const max32 = 0xffffffff
/** Names are UTF-8. */
const utf8Flag = 0x0800
/** 1 January 1980, the earliest date that the format knows: the same content gives the same bytes. */
const dosDate = 0x21
const version = { plain: 20, zip64: 45 }
const alignmentBytes = 64
/** The extra field with which PyTorch moves data to its alignment. */
const paddingId = 0x4246

/**
 * Writes a zip archive of stored entries whose data begin at multiples of 64 bytes, as `torch.save` does, so that PyTorch can map
 * them into memory. Sizes and positions from `zip64From` on use the 64-bit form.
 */
export class ZipWriter {
  readonly #file: NewFile
  readonly #zip64From: number
  readonly #entries: Entry[] = []

  constructor(file: NewFile, zip64From = max32) {
    this.#file = file
    this.#zip64From = zip64From
  }

  async add(name: string, bytes: Uint8Array): Promise<void> {
    const entry = {
      name: new TextEncoder().encode(name),
      crc: checksum(bytes),
      sizeBytes: bytes.byteLength,
      headerPosition: this.#file.position,
    }
    this.#entries.push(entry)
    await this.#file.write(this.#localHeader(entry))
    await this.#file.write(bytes)
  }

  /** Writes the directory, always with the zip64 record, as PyTorch does. */
  async finish(): Promise<void> {
    const start = this.#file.position
    for (const entry of this.#entries) await this.#file.write(this.#directoryEntry(entry))
    const end = this.#file.position
    const count = this.#entries.length
    const sizeBytes = end - start
    await this.#file.write(
      fields(
        [4, 0x06064b50],
        [8, 44],
        [2, version.zip64],
        [2, version.zip64],
        [4, 0],
        [4, 0],
        [8, count],
        [8, count],
        [8, sizeBytes],
        [8, start],
        [4, 0x07064b50],
        [4, 0],
        [8, end],
        [4, 1],
        [4, 0x06054b50],
        [2, 0],
        [2, 0],
        [2, Math.min(count, max16)],
        [2, Math.min(count, max16)],
        [4, Math.min(sizeBytes, max32)],
        [4, this.#narrow(start)],
        [2, 0],
      ),
    )
  }

  #localHeader({ name, crc, sizeBytes, headerPosition }: Entry): Uint8Array {
    const wide = this.#isWide(sizeBytes) ? fields([2, 1], [2, 16], [8, sizeBytes], [8, sizeBytes]) : new Uint8Array(0)
    const unpadded = headerPosition + 30 + name.byteLength + wide.byteLength + 4
    const padding = (alignmentBytes - (unpadded % alignmentBytes)) % alignmentBytes
    const size = this.#narrow(sizeBytes)
    return Buffer.concat([
      fields(
        [4, 0x04034b50],
        [2, wide.byteLength > 0 ? version.zip64 : version.plain],
        [2, utf8Flag],
        [2, 0],
        [2, 0],
        [2, dosDate],
        [4, crc],
        [4, size],
        [4, size],
        [2, name.byteLength],
        [2, wide.byteLength + 4 + padding],
      ),
      name,
      wide,
      fields([2, paddingId], [2, padding]),
      new Uint8Array(padding),
    ])
  }

  #directoryEntry({ name, crc, sizeBytes, headerPosition }: Entry): Uint8Array {
    const wideFields = [
      ...(this.#isWide(sizeBytes) ? [sizeBytes, sizeBytes] : []),
      ...(this.#isWide(headerPosition) ? [headerPosition] : []),
    ]
    const wide =
      wideFields.length === 0
        ? new Uint8Array(0)
        : fields([2, 1], [2, 8 * wideFields.length], ...wideFields.map((value): [8, number] => [8, value]))
    const needed = wide.byteLength > 0 ? version.zip64 : version.plain
    const size = this.#narrow(sizeBytes)
    return Buffer.concat([
      fields(
        [4, 0x02014b50],
        [2, needed],
        [2, needed],
        [2, utf8Flag],
        [2, 0],
        [2, 0],
        [2, dosDate],
        [4, crc],
        [4, size],
        [4, size],
        [2, name.byteLength],
        [2, wide.byteLength],
        [2, 0],
        [2, 0],
        [2, 0],
        [4, 0],
        [4, this.#narrow(headerPosition)],
      ),
      name,
      wide,
    ])
  }

  #isWide(value: number): boolean {
    return value >= this.#zip64From
  }

  #narrow(value: number): number {
    return this.#isWide(value) ? max32 : value
  }
}

function checksum(bytes: Uint8Array): number {
  let crc = 0
  for (const chunk of chunksOf(bytes)) crc = crc32(chunk, crc)
  return crc
}

/** Whole numbers one after the other, little-endian: [bytes, value]. */
function fields(...values: [2 | 4 | 8, number][]): Uint8Array {
  const bytes = new Uint8Array(values.reduce((sum, [sizeBytes]) => sum + sizeBytes, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [sizeBytes, value] of values) {
    if (sizeBytes === 2) view.setUint16(at, value, true)
    if (sizeBytes === 4) view.setUint32(at, value, true)
    if (sizeBytes === 8) view.setBigUint64(at, BigInt(value), true)
    at += sizeBytes
  }
  return bytes
}
