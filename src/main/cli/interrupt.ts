/** Aborts on the first Ctrl-C or request to end; the second one ends the process at once, as without a handler. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort(name))
  return controller.signal
}

/** The same for who waits for runs, and says what happens. */
export function savingSignal(): AbortSignal {
  const signal = interruptSignal()
  signal.addEventListener('abort', () => void process.stderr.write('\nSaving and stopping. A second Ctrl-C leaves at once; the run then goes on by itself.\n'), { once: true })
  return signal
}
