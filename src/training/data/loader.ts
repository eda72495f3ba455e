/** Batches prepared while the engine computes the one before. */
export const batchesAhead = 2

/** Hands out batches by step and prepares the following ones meanwhile. */
export interface Loader<B> extends Disposable {
  take(step: number): Promise<B>
}

/**
 * Prepares up to `ahead` steps beyond the one taken, but none from `end` on. A batch that fails is reported when its step
 * is taken. Steps may be taken in any order; only consecutive ones are fast. A batch is its taker's until another is taken,
 * after which `giveBack` has it.
 */
export function createLoader<B>(
  make: (step: number) => Promise<B>,
  ahead: number,
  end = Number.POSITIVE_INFINITY,
  giveBack: (batch: B) => void = () => {},
): Loader<B> {
  const prepared = new Map<number, Promise<B>>()
  let taken: Promise<B> | undefined
  const prepare = (step: number): Promise<B> => {
    const existing = prepared.get(step)
    if (existing !== undefined) return existing
    const batch = make(step)
    // Whoever takes the step sees the error; until then it must not count as unhandled.
    batch.catch(() => {})
    prepared.set(step, batch)
    return batch
  }
  return {
    take(step) {
      // One that failed has nothing to give back, and its taker has heard of it.
      taken?.then(giveBack, () => {})
      const batch = prepare(step)
      taken = batch
      for (const other of prepared.keys()) if (other <= step || other > step + ahead) prepared.delete(other)
      for (let next = step + 1; next <= step + ahead && next < end; next++) prepare(next)
      return batch
    },
    [Symbol.dispose]: () => prepared.clear(),
  }
}
