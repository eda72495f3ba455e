import { readdir } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { StudioError, systemCode } from '#contract/api/errors.ts'

export type CaseKind = 'model' | 'hugging-face' | 'file' | 'schedules'

/** Recorded numbers to compare with. */
export interface FoundCase {
  readonly kind: CaseKind
  /** Path below the folder that was searched. */
  readonly name: string
  /** Folder of a model; the file itself otherwise. */
  readonly path: string
}

/**
 * Finds every case below a folder, sorted by name: folders with `case.json`; folders with `model.safetensors`, `config.json`
 * and `expected.safetensors`; PyTorch files in a folder of `*.expected.safetensors`; files named `schedules.json`.
 * @throws StudioError `not-found` if the folder does not exist or contains no case.
 */
export async function findCases(directory: string): Promise<FoundCase[]> {
  const folders = await listFolders(directory)
  const cases = [...folders].flatMap(([folder, files]) => casesIn(directory, folder, files))
  if (cases.length === 0) {
    throw new StudioError(
      'not-found',
      `There is no reference case under ${directory}.`,
      'Name a folder that holds case.json files, Hugging Face models with expected.safetensors, *.pth with *.expected.safetensors, or schedules.json.',
    )
  }
  return cases.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
}

/** The file with the expected tensors of a PyTorch file: the one with the same name, otherwise the one with the longest name that is a prefix. */
export function expectedOf(path: string, files: readonly string[]): string | undefined {
  const stem = basename(path).replace(pyTorchEnding, '')
  const stems = files
    .filter((file) => file.endsWith(expectedEnding))
    .map((file) => file.slice(0, -expectedEnding.length))
  const found = stems
    .filter((other) => stem === other || stem.startsWith(`${other}-`) || stem.startsWith(`${other}.`))
    .toSorted((a, b) => b.length - a.length)[0]
  return found === undefined ? undefined : join(dirname(path), `${found}${expectedEnding}`)
}

export const expectedEnding = '.expected.safetensors'
const pyTorchEnding = /\.(pth|pt)$/

async function listFolders(directory: string): Promise<Map<string, string[]>> {
  const folders = new Map<string, string[]>()
  try {
    for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
      if (!entry.isDirectory()) folders.set(entry.parentPath, [...(folders.get(entry.parentPath) ?? []), entry.name])
    }
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT')
      throw new StudioError('not-found', `There is no folder ${directory}.`, 'Check the path.', { cause })
    if (systemCode(cause) === 'ENOTDIR')
      throw new StudioError('not-found', `${directory} is not a folder.`, 'Name the folder that holds the cases.', {
        cause,
      })
    throw cause
  }
  return folders
}

function casesIn(directory: string, folder: string, files: readonly string[]): FoundCase[] {
  const found = (kind: CaseKind, path: string): FoundCase => ({
    kind,
    path,
    name: relative(directory, path) || basename(directory),
  })
  if (files.includes('case.json')) return [found('model', folder)]
  if (['model.safetensors', 'config.json', 'expected.safetensors'].every((file) => files.includes(file)))
    return [found('hugging-face', folder)]
  const expected = files.filter((file) => file.endsWith(expectedEnding))
  const pyTorch = expected.length === 0 ? [] : files.filter((file) => pyTorchEnding.test(file))
  // Expected tensors without their PyTorch file are a case too, which fails.
  const unmet = expected.filter((file) =>
    pyTorch.every((name) => expectedOf(join(folder, name), expected) !== join(folder, file)),
  )
  return [
    ...(files.includes('schedules.json') ? [found('schedules', join(folder, 'schedules.json'))] : []),
    ...[...pyTorch, ...unmet.map((file) => `${file.slice(0, -expectedEnding.length)}.pth`)].map((file) =>
      found('file', join(folder, file)),
    ),
  ]
}
