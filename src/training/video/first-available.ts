/**
 * Opens the first of several implementations that is available on this machine.
 * @throws AggregateError with the error of each if none is.
 */
export async function firstAvailable<T>(implementations: readonly (() => Promise<T>)[]): Promise<T> {
  const errors: unknown[] = []
  for (const open of implementations) {
    try {
      return await open()
    } catch (cause) {
      errors.push(cause)
    }
  }
  throw new AggregateError(errors)
}
