import { type FileHandle, open } from 'node:fs/promises'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import { type Refuse, refuseFile } from './invalid-file.ts'

/** Bytes that are read at given positions: a file, or memory. */
export interface ByteSource extends AsyncDisposable {
  readonly path: string
  readonly sizeBytes: number
  /** Makes an error that names this source. */
  readonly refuse: Refuse
  /**
   * Exactly `sizeBytes` bytes of their own, aligned for any element type.
   * @throws StudioError `checkpoint-invalid` where they reach beyond the end.
   */
  read(position: number, sizeBytes: number): Promise<Uint8Array>
}

/** What one read may ask for: eight gibibytes, the longest array that V8 makes. */
const maxReadBytes = 2 ** 33
/** One read call of the system returns at most 2 GiB. */
const chunkBytes = 2 ** 30

/**
 * A file on the disk.
 * @throws StudioError `not-found`, or `checkpoint-invalid` where it is a folder or may not be read.
 */
export async function openFileSource(path: string): Promise<ByteSource> {
  const refuse = refuseFile(path)
  const file = await open(path, 'r').catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT')
      throw new StudioError('not-found', `There is no file ${path}.`, 'Check the path.', { cause })
    if (systemCode(cause) === 'EACCES')
      throw refuse('may not be read by you', { hint: 'Change its permissions.', cause })
    throw cause
  })
  try {
    const facts = await file.stat()
    if (!facts.isFile()) throw refuse('is a folder or a device', { hint: 'Name the file itself.' })
    return {
      path,
      sizeBytes: facts.size,
      refuse,
      read: async (position, sizeBytes) => {
        checkSpan(position, sizeBytes, facts.size, refuse)
        const bytes = new Uint8Array(sizeBytes)
        await readFully(file, bytes, position, refuse)
        return bytes
      },
      [Symbol.asyncDispose]: () => file.close(),
    }
  } catch (cause) {
    await file.close()
    throw cause
  }
}

/** Bytes in memory; `path` is what messages call them. */
export function memorySource(path: string, bytes: Uint8Array): ByteSource {
  const refuse = refuseFile(path)
  return {
    path,
    sizeBytes: bytes.byteLength,
    refuse,
    read: async (position, sizeBytes) => {
      checkSpan(position, sizeBytes, bytes.byteLength, refuse)
      // Not slice, which in a Buffer shares memory.
      return new Uint8Array(bytes.subarray(position, position + sizeBytes))
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function checkSpan(position: number, sizeBytes: number, available: number, refuse: Refuse): void {
  if (position + sizeBytes > available)
    throw refuse(`is cut off: it ends at byte ${available}, before byte ${position + sizeBytes} that belongs to it`)
  if (sizeBytes > maxReadBytes) throw refuse(`holds one part of ${sizeBytes} bytes, more than the studio reads at once`)
}

async function readFully(file: FileHandle, bytes: Uint8Array, position: number, refuse: Refuse): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    const { bytesRead } = await file.read(bytes, done, Math.min(chunkBytes, bytes.byteLength - done), position + done)
    if (bytesRead === 0) throw refuse('became shorter while it was read')
    done += bytesRead
  }
}
