import { surveyEngines } from '../selection/engine-trials.ts'
import type { Task } from './task.ts'

/** Tries engines, or remembers how they fared. */
export const engines: Task<'engines'> = async ({ names, again }, report, signal) => ({
  engines: await surveyEngines({ names, again, signal, warn: toErrorOutput, onTrying: (trying) => report({ trying }) }),
})

const toErrorOutput = (message: string): void => void process.stderr.write(`${message}\n`)
