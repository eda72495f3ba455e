import { interruptedExitCode } from '../close-requests.ts'

export { interruptedExitCode } from '../close-requests.ts'

/** npm forwards a Ctrl-C that the terminal has also sent to this process; both count as one. */
const sameKeyMs = 500

/** Aborts on the first Ctrl-C, SIGTERM or closed terminal. A second one ends the process at once. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController()
  let firstAtMs: number | undefined
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      firstAtMs ??= performance.now()
      if (performance.now() - firstAtMs > sameKeyMs) process.exit(interruptedExitCode)
      controller.abort(name)
    })
  }
  return controller.signal
}

/** Like `interruptSignal`, for verbs that wait for runs: prints what happens. */
export function savingSignal(): AbortSignal {
  const signal = interruptSignal()
  signal.addEventListener(
    'abort',
    () =>
      void process.stderr.write('\nSaving and stopping. A second Ctrl-C exits at once and leaves the run computing.\n'),
    { once: true },
  )
  return signal
}
