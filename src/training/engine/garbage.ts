import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

let collect: (() => void) | undefined

/**
 * Gives back what is no longer used. Recording and opening programs leaves hundreds of megabytes behind, which the collector would
 * leave alone for many steps, since hardly any of them lie in its own heap.
 */
export function collectGarbage(): void {
  // V8 hands its own function out to contexts made after it was told to.
  setFlagsFromString('--expose-gc')
  collect ??= runInNewContext('gc') as () => void
  collect()
}
