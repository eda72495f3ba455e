import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Gives back what is no longer used. Recording and opening programs leaves hundreds of megabytes behind, which the collector would
 * leave alone for many steps, since hardly any of them lie in its own heap.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
}
