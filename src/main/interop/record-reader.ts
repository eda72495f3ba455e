import { open } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { refuseSpecialFile } from '#node/regular-file.ts'
import { maskedCrc } from './record-file.ts'

const chunkBytes = 1 << 18
const headerBytes = 12
const trailerBytes = 4

/** What a record file has besides whole records. */
export interface RecordFileEnd {
  readonly records: number
  /** Bytes behind the last whole record: a record that is being written, or that was cut off. */
  readonly cutBytes: number
  /** Records whose checksum is wrong; they were skipped. */
  readonly damaged: number
  /** Position of a record whose length is damaged, so that nothing behind it can be read; undefined if there is none. */
  readonly lostFrom: number | undefined
}

/**
 * Reads the records of a TFRecord file and checks the checksums of lengths and contents. Lets other work run after every 256 KiB.
 * @param onRecord gets the content, which is only valid during the call
 */
export async function readRecords(
  file: string,
  onRecord: (content: Buffer) => void,
  signal?: AbortSignal,
): Promise<RecordFileEnd> {
  refuseSpecialFile(file)
  const handle = await open(file, 'r')
  let rest: Buffer = Buffer.alloc(0)
  let position = 0
  let records = 0
  let damaged = 0
  try {
    let wanted = chunkBytes
    for (;;) {
      signal?.throwIfAborted()
      const { size } = await handle.stat()
      const free = Buffer.allocUnsafe(Math.min(wanted, Math.max(0, size - position - rest.length)))
      const { bytesRead } = await handle.read(free, 0, free.length, position + rest.length)
      const bytes = Buffer.concat([rest, free.subarray(0, bytesRead)])
      let at = 0
      wanted = chunkBytes
      while (bytes.length - at >= headerBytes) {
        const length = Number(bytes.readBigUInt64LE(at))
        if (maskedCrc(bytes.subarray(at, at + 8)) !== bytes.readUInt32LE(at + 8))
          return { records, cutBytes: 0, damaged, lostFrom: position + at }
        const end = at + headerBytes + length + trailerBytes
        if (end > bytes.length) {
          wanted = Math.max(chunkBytes, end - bytes.length)
          break
        }
        const content = bytes.subarray(at + headerBytes, end - trailerBytes)
        if (maskedCrc(content) === bytes.readUInt32LE(end - trailerBytes)) {
          records += 1
          onRecord(content)
        } else damaged += 1
        at = end
      }
      rest = bytes.subarray(at)
      position += at
      if (bytesRead === 0) return { records, cutBytes: rest.length, damaged, lostFrom: undefined }
      await setImmediate()
    }
  } finally {
    await handle.close()
  }
}
