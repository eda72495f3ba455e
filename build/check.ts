import { join } from 'node:path'
import { checks, runStep } from './checks.ts'

// `npm run check`: every check, also after one that failed.
const root = join(import.meta.dirname, '..')
const failed: string[] = []
for (const check of checks) if (!(await runStep(root, check))) failed.push(check.title)
console.log(failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.join(', ')}.`)
process.exitCode = failed.length === 0 ? 0 : 1
