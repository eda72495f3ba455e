import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options?: { readonly type: 'minor' }) => void
let collect: Collect | undefined

/** V8's own, which it hands out to contexts made after it was told to. */
function collector(): Collect {
  setFlagsFromString('--expose-gc')
  collect ??= runInNewContext('gc') as Collect
  return collect
}

/**
 * Gives back what is no longer used. Recording and opening programs leaves hundreds of megabytes behind, which the collector would
 * leave alone for many steps, since hardly any of them lie in its own heap.
 */
export const collectGarbage = (): void => collector()()

/**
 * Gives back what was made just now and is no longer used, in less than a millisecond: the pixels of a batch are megabytes outside of
 * V8's heap, which do not hurry the collector either.
 */
export const collectYoung = (): void => collector()({ type: 'minor' })
