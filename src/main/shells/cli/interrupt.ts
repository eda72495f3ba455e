/** As shells have it for a program that Ctrl-C ended. */
export const interruptedExitCode = 130

/** npm passes on a Ctrl-C that the terminal has sent to this process, too; both count as one. */
const sameKeyMs = 500

/** Aborts on the first Ctrl-C or request to end; a second one ends the process at once. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController()
  let firstAtMs: number | undefined
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      firstAtMs ??= performance.now()
      if (performance.now() - firstAtMs > sameKeyMs) process.exit(interruptedExitCode)
      controller.abort(name)
    })
  }
  return controller.signal
}

/** The same for who waits for runs, and says what happens. */
export function savingSignal(): AbortSignal {
  const signal = interruptSignal()
  signal.addEventListener(
    'abort',
    () =>
      void process.stderr.write(
        '\nSaving and stopping. A second Ctrl-C leaves at once; the run then goes on by itself.\n',
      ),
    { once: true },
  )
  return signal
}
