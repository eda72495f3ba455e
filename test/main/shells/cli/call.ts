import { onTestFinished, vi } from 'vitest'
import { createProgram } from '#main/shells/cli/program.ts'

/** Runs a verb and returns its JSON document. */
export async function call(workspace: string, ...words: string[]): Promise<unknown> {
  const written: string[] = []
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
  onTestFinished(() => stdout.mockRestore())
  try {
    await createProgram('0.0.0', []).parseAsync([...words, '--json', '--workspace', workspace], { from: 'user' })
  } finally {
    stdout.mockRestore()
  }
  return JSON.parse(written.join(''))
}
