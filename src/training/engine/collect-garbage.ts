import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options?: { readonly type: 'minor' }) => void
let collect: Collect | undefined

/** V8 exposes `gc` to contexts created after the flag is set. */
function collector(): Collect {
  setFlagsFromString('--expose-gc')
  collect ??= runInNewContext('gc') as Collect
  return collect
}

/**
 * Frees unused memory. Recording and loading programs leaves hundreds of megabytes that V8 would keep for many steps, because they are
 * outside its heap and do not trigger garbage collection.
 */
export const collectGarbage = (): void => collector()()

/** A collection costs milliseconds, which is a good part of a step of a small model. */
const worthBytes = 16 * 2 ** 20
let pendingBytes = 0

/**
 * Frees unused recent memory, once `bytes` of this and the last calls are worth it. The pixels of a batch are outside V8's heap and do not
 * trigger garbage collection.
 * @param bytes that became unused since the last call
 */
export function collectYoung(bytes: number): void {
  pendingBytes += bytes
  if (pendingBytes < worthBytes) return
  pendingBytes = 0
  collector()({ type: 'minor' })
}
