import { CommanderError } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import { findInstallation } from '../../app/installation.ts'
import { showError } from './output.ts'
import { createProgram } from './program.ts'

/** Entry of the command line. Exits with 0 on success, 1 on an error, 130 when interrupted. */
const usageErrors: string[] = []
try {
  await createProgram(findInstallation().version, usageErrors).parseAsync()
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

/** Help that was requested is a success; help because a verb is missing is not. */
function endHelp(exitCode: number): void {
  process.exitCode = exitCode
  process.stderr.write(usageErrors.join(''))
}

/** `error: unknown option '--x'\n(Did you mean --y?)` as sentences on one line. */
function sentence(message: string): string {
  const text = message
    .replace(/^error: /, '')
    .trim()
    .replace(/\n\((.*)\)$/, '. $1')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!)]$/.test(text) ? '' : '.'}`
}
