/** Every worker holds the gradients of the model, so more would use too much memory. */
const mostWorkers = 4

/**
 * Workers that compute the batches of a stage: the chosen number; for 0, the largest number that divides the batch size, up to
 * `processors` and 4. Fixed at launch, because another number changes results in the last bits.
 */
export function workersOf(chosen: number, batchSize: number, processors: number): number {
  if (chosen > 0) return chosen
  for (let count = Math.min(processors, mostWorkers); count > 1; count--) if (batchSize % count === 0) return count
  return 1
}
