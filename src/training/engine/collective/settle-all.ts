/**
 * Waits until all promises have settled, so that nothing writes to shared memory afterwards.
 * @throws the first error of those that failed
 */
export async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises)
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
}
