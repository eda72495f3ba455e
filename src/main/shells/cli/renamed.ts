import type { Command } from 'commander'
import { StudioError } from '#contract/api/errors.ts'

/** Verbs of earlier versions, and their names today. */
const renamed = {
  engines: 'engine list',
  'checkpoint import': 'model import',
  'checkpoint describe': 'model describe',
  'checkpoint remove': 'model remove',
} as const

/** Adds the earlier verbs, hidden; each fails with a sentence that names the new one. Call it after the others. */
export function addRenamedVerbs(program: Command): void {
  for (const [old, now] of Object.entries(renamed)) {
    const words = old.split(' ')
    const noun = words.length > 1 ? program.commands.find((command) => command.name() === words[0]) : program
    noun
      ?.command(words.at(-1) ?? old, { hidden: true })
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        throw new StudioError('bad-request', `"${old}" is now "${now}".`, `Run: npm run -s studio -- ${now} --help`)
      })
  }
}
