import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { compiled } from './engines-under-test.ts'

/** A child process that trains for a step and exits with or without disposing its engine. */
const steps = join(import.meta.dirname, 'one-step.ts')

it.each(compiled.flatMap((name) => (['disposed', 'open'] as const).map((end) => [name, end] as const)))(
  'a process ends cleanly with %s %s',
  async (name, end) => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [steps, name, end])
    expect(JSON.parse(stdout)).toEqual({ isFinite: true })
    expect(stderr).toBe('')
  },
)
