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

/** Frees unused recent memory in less than a millisecond. The pixels of a batch are outside V8's heap and do not trigger garbage collection. */
export const collectYoung = (): void => collector()({ type: 'minor' })
