import type { Task } from '#node/serve-task.ts'
import { engineVerdicts } from '../selection/engine-trials.ts'

/** Reports engines; tries those that are not cached. */
export const engines: Task<'engines'> = async ({ names, again }, report, signal) => ({
  engines: await engineVerdicts({
    names,
    again,
    signal,
    warn: toErrorOutput,
    onTrying: (trying) => report({ trying }),
  }),
})

const toErrorOutput = (message: string): void => void process.stderr.write(`${message}\n`)
