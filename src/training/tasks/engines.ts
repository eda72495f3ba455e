import { surveyEngines } from '../engine/index.ts'
import type { Task } from './task.ts'

/** Tries engines, or remembers how they fared. */
export const engines: Task<'engines'> = async ({ names, again }, report, signal) => {
  const warn = (message: string) => void process.stderr.write(`${message}\n`)
  return { engines: await surveyEngines({ names, again, signal, onTrying: (trying) => report({ trying }), warn }) }
}
