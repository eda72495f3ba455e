/** Batches that are prepared while the engine computes. */
export const batchesAhead = 2

/** Returns batches by step and prepares the next ones in the meantime. */
export interface Loader<B> extends Disposable {
  /** Starts to prepare batches from this step on, before the first is taken. */
  prepareFrom(step: number): void
  /** The batch of a step. It is valid until the next call. */
  take(step: number): Promise<B>
}

export interface LoaderOptions<B> {
  /** Number of batches to prepare after the one taken, and before the first is taken. */
  readonly ahead: number
  /** No step from this one on is prepared. */
  readonly end?: number
  /** Called with each batch when the next one is taken. */
  readonly release?: (batch: B) => void
}

/** A batch that fails is reported when its step is taken. Steps may be taken in any order; only consecutive ones are fast. */
export function createLoader<B>(
  make: (step: number) => Promise<B>,
  { ahead, end = Number.POSITIVE_INFINITY, release = () => {} }: LoaderOptions<B>,
): Loader<B> {
  const prepared = new Map<number, Promise<B>>()
  let taken: Promise<B> | undefined
  let next: NodeJS.Immediate | undefined
  const prepare = (step: number): Promise<B> => {
    const existing = prepared.get(step)
    if (existing !== undefined) return existing
    const batch = make(step)
    // `take` reports the error; until then it must not count as unhandled.
    batch.catch(() => {})
    prepared.set(step, batch)
    return batch
  }
  const prepareFrom = (first: number): void => {
    for (let step = first; step < first + ahead && step < end; step++) void prepare(step)
  }
  return {
    prepareFrom,
    take(step) {
      // A failed batch has no memory, and its error was reported.
      void taken?.then(release, () => {})
      const batch = prepare(step)
      taken = batch
      for (const other of prepared.keys()) if (other <= step || other > step + ahead) prepared.delete(other)
      // Planning a batch takes time. If this one is ready, its step starts first.
      clearImmediate(next)
      next = setImmediate(() => prepareFrom(step + 1))
      return batch
    },
    [Symbol.dispose]() {
      clearImmediate(next)
      prepared.clear()
    },
  }
}
