import type { Card } from '#contract/domain/card.ts'
import { formatBytes } from '#contract/format.ts'

/**
 * Who holds the memory of cards, one sentence per card whose memory is known:
 * `Card 0 (NVIDIA H200): 12.0 GiB of 140 GiB are in use, by process 4711 (11.7 GiB).`
 * @param ownPid process that is called "this run"
 */
export function describeCardMemory(cards: readonly Card[], ownPid?: number): string[] {
  return cards.flatMap(({ index, name, memoryBytes, usedMemoryBytes, processes }) => {
    if (memoryBytes === null || usedMemoryBytes === null) return []
    const holders = processes.map(({ pid, memoryBytes: bytes }) => {
      const size = bytes === null ? '' : ` (${formatBytes(bytes)})`
      return `${pid === ownPid ? 'this run' : `process ${pid}`}${size}`
    })
    const by = holders.length === 0 ? '' : `, by ${holders.join(' and ')}`
    return [`Card ${index} (${name}): ${formatBytes(usedMemoryBytes)} of ${formatBytes(memoryBytes)} are in use${by}.`]
  })
}
