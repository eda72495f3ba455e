import { CommanderError } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import { findInstallation } from '../../app/installation.ts'
import { showError } from './output.ts'
import { createProgram } from './program.ts'

/** Entry of the command line. Exits with 0 when all went well, 1 on an error, 130 when it was interrupted. */
const complaints: string[] = []
try {
  await createProgram(findInstallation().version, complaints).parseAsync()
} catch (cause) {
  process.exitCode = 1
  if (!(cause instanceof CommanderError)) showError(process.argv.includes('--json'), cause)
  else if (cause.code.startsWith('commander.help') || cause.code === 'commander.version') endHelp(cause.exitCode)
  else
    showError(
      process.argv.includes('--json'),
      new StudioError('bad-request', sentence(cause.message), 'Add --help to see what the verb takes.'),
    )
}

/** Help that was asked for is a success; help in place of a missing verb is not. */
function endHelp(exitCode: number): void {
  process.exitCode = exitCode
  process.stderr.write(complaints.join(''))
}

/** `error: unknown option '--x'\n(Did you mean --y?)` as sentences on one line. */
function sentence(message: string): string {
  const text = message
    .replace(/^error: /, '')
    .trim()
    .replace(/\n\((.*)\)$/, '. $1')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!)]$/.test(text) ? '' : '.'}`
}
