/**
 * Tries one way after the other and returns what the first that works opens.
 * @throws AggregateError with why each of them did not.
 */
export async function firstThatOpens<T>(ways: readonly (() => Promise<T>)[]): Promise<T> {
  const refusals: unknown[] = []
  for (const open of ways) {
    try {
      return await open()
    } catch (cause) {
      refusals.push(cause)
    }
  }
  throw new AggregateError(refusals)
}
