import { StudioError } from './api/errors.ts'

/** Names of devices of Windows, where a file of that name, with any ending, cannot be made or opened. */
const reserved = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i

/** Why a file or folder of this name cannot be made on every system; undefined if it can. */
export function nameProblem(name: string): string | undefined {
  if (reserved.test(name.trimEnd())) return 'is the name of a device on Windows'
  if (/[. ]$/.test(name)) return 'ends with a dot or a space, which Windows removes'
  // oxlint-disable-next-line no-control-regex
  if (/[<>:"|?*\\/\u0000-\u001F]/.test(name)) return 'has a character that names of files cannot have on Windows'
  return undefined
}

/**
 * Call for a name that the studio gives to a file or folder.
 * @throws StudioError `bad-request` if a workspace or export with it could not be copied to every system
 */
export function requirePortableName(name: string): void {
  const problem = nameProblem(name)
  if (problem !== undefined)
    throw new StudioError('bad-request', `The name "${name}" ${problem}.`, 'Choose another name.')
}
