import { type FileHandle, open } from 'node:fs/promises'
import { StudioError, systemCode, systemProblem } from '#contract/api/errors.ts'
import { fileProblem } from '#node/regular-file.ts'
import { type Refuse, refuseFile } from './invalid-file.ts'

/** Random access to bytes: a file, or memory. */
export interface ByteSource extends AsyncDisposable {
  readonly path: string
  readonly sizeBytes: number
  /** Makes an error that names this source. */
  readonly refuse: Refuse
  /**
   * A copy of exactly `sizeBytes` bytes, aligned for any element type.
   * @throws StudioError `checkpoint-invalid` if they reach beyond the end.
   */
  read(position: number, sizeBytes: number): Promise<Uint8Array>
}

/** Limit of one read: 8 GiB, the longest array of V8. */
const maxReadBytes = 2 ** 33
/** One read call of the system returns at most 2 GiB. */
const chunkBytes = 2 ** 30

/**
 * Opens a file.
 * @throws StudioError `not-found`, or `checkpoint-invalid` if it is a folder or cannot be read.
 */
export async function openFileSource(path: string): Promise<ByteSource> {
  const refuse = refuseFile(path)
  const special = fileProblem(path)
  if (special !== undefined) throw refuse(special, { hint: 'Choose the file itself.' })
  const file = await open(path, 'r').catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT')
      throw new StudioError('not-found', `There is no file ${path}.`, 'Check the path.', { cause })
    const problem = systemProblem(cause)
    if (problem !== undefined) throw refuse(`cannot be read: ${problem.problem}`, { hint: problem.hint, cause })
    throw cause
  })
  try {
    const facts = await file.stat()
    if (!facts.isFile()) throw refuse('is a folder or a device', { hint: 'Choose the file itself.' })
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

/** Bytes in memory; `path` names them in messages. */
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
    throw refuse(`is truncated: it ends at byte ${available} instead of byte ${position + sizeBytes}`)
  if (sizeBytes > maxReadBytes) throw refuse(`has one item of ${sizeBytes} bytes, more than the supported 8 GiB`)
}

async function readFully(file: FileHandle, bytes: Uint8Array, position: number, refuse: Refuse): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    const { bytesRead } = await file.read(bytes, done, Math.min(chunkBytes, bytes.byteLength - done), position + done)
    if (bytesRead === 0) throw refuse('was truncated while it was read')
    done += bytesRead
  }
}
