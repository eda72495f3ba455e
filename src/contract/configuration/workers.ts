/** More would hold the gradients of a large model too often. */
const mostWorkers = 4

/**
 * Workers that compute the batches of a stage: those that were chosen, or where the choice is left open (0) the most that share the
 * batch evenly on the machine's `processors`. Decided at the launch, because another number gives other last digits.
 */
export function workersOf(chosen: number, batchSize: number, processors: number): number {
  if (chosen > 0) return chosen
  for (let count = Math.min(processors, mostWorkers); count > 1; count--) if (batchSize % count === 0) return count
  return 1
}
