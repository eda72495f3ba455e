import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { StudioError, systemCode, systemProblem } from '#contract/api/errors.ts'
import { type CheckpointCard, checkpointCard } from '#contract/domain/checkpoint.ts'
import { checkpointFiles, checkpointFolder, runFiles } from '#contract/layout.ts'
import { replacedName } from '#node/durable-folder.ts'
import { hashFile } from '#node/hash.ts'

/** A checkpoint whose files are whole. */
export interface FoundCheckpoint {
  readonly folder: string
  readonly card: CheckpointCard
}

/** The newest checkpoint of a run whose files are whole; undefined if there is none. Damaged ones are skipped with a warning. */
export async function newestCheckpoint(
  runFolder: string,
  warn: (message: string) => void,
  signal?: AbortSignal,
): Promise<FoundCheckpoint | undefined> {
  const parent = join(runFolder, runFiles.checkpoints)
  if (!existsSync(parent)) return undefined
  for (const name of newestFirst(await readdir(parent))) {
    const folder = join(parent, name)
    try {
      return { folder, card: await verifyCheckpoint(folder, signal) }
    } catch (cause) {
      if (!(cause instanceof StudioError) || cause.code !== 'checkpoint-invalid') throw cause
      warn(`${cause.message} It is skipped.`)
    }
  }
  return undefined
}

/**
 * The checkpoint that a run stands for: the newest one whose files are whole, or with early stopping the best one up to it.
 * @throws StudioError `checkpoint-invalid` if the best one is damaged, because another one would give another result
 */
export async function resultCheckpoint(
  runFolder: string,
  warn: (message: string) => void,
  signal?: AbortSignal,
): Promise<FoundCheckpoint | undefined> {
  const newest = await newestCheckpoint(runFolder, warn, signal)
  const best = newest?.card.earlyStopping?.bestStep
  if (newest === undefined || best === undefined || best === newest.card.step) return newest
  const folder = join(runFolder, runFiles.checkpoints, checkpointFolder(best))
  return { folder, card: await verifyCheckpoint(folder, signal) }
}

/**
 * Reads the card of a checkpoint and verifies its files.
 * @throws StudioError `checkpoint-invalid`, naming the checkpoint and what is wrong with it.
 */
export async function verifyCheckpoint(folder: string, signal?: AbortSignal): Promise<CheckpointCard> {
  const card = await readCard(folder)
  const own = checkpointFolder(card.step)
  if (basename(folder) !== own && basename(folder) !== replacedName(own))
    throw damaged(folder, `its ${checkpointFiles.card} is of step ${card.step}`)
  for (const name of [checkpointFiles.model, checkpointFiles.optimizer]) {
    if (!card.files.some((file) => file.name === name))
      throw damaged(folder, `its ${checkpointFiles.card} does not list ${name}`)
  }
  await verifyFiles(folder, card.files, (problem, cause) => damaged(folder, problem, cause), signal)
  return card
}

/** Compares size and SHA-256 of files in a folder with what its card lists. @throws the error of `refuse` for the first difference. */
export async function verifyFiles(
  folder: string,
  files: CheckpointCard['files'],
  refuse: (problem: string, cause?: unknown) => StudioError,
  signal?: AbortSignal,
): Promise<void> {
  for (const { name, sizeBytes, sha256 } of files) {
    const path = join(folder, name)
    const size = await stat(path).then(
      (found) => found.size,
      (cause: unknown) => {
        if (systemCode(cause) === 'ENOENT') throw refuse(`${name} is missing`, cause)
        throw cause
      },
    )
    if (size !== sizeBytes) throw refuse(`${name} has ${size} bytes instead of ${sizeBytes}`)
    if ((await hashFile(path, signal)) !== sha256) throw refuse(`${name} is not what was written (its SHA-256 differs)`)
  }
}

async function readCard(folder: string): Promise<CheckpointCard> {
  try {
    return checkpointCard.parse(JSON.parse(await readFile(join(folder, checkpointFiles.card), 'utf8')))
  } catch (cause) {
    throw damaged(
      folder,
      `its ${checkpointFiles.card} ${systemCode(cause) === 'ENOENT' ? 'is missing' : cannotBeRead(cause)}`,
      cause,
    )
  }
}

const cannotBeRead = (cause: unknown): string => {
  const problem = systemProblem(cause)?.problem
  return problem === undefined ? 'cannot be read' : `cannot be read (${problem})`
}

/** Checkpoint folders by step; one that was renamed for its replacement is included after it. */
function newestFirst(names: readonly string[]): string[] {
  const present = new Set(names)
  return names
    .flatMap((name) => {
      const step = /^\.?step-(\d{8,})/.exec(name)?.[1]
      return step === undefined ? [] : [Number(step)]
    })
    .filter((step, index, steps) => steps.indexOf(step) === index)
    .toSorted((a, b) => b - a)
    .flatMap((step) => [checkpointFolder(step), replacedName(checkpointFolder(step))])
    .filter((name) => present.has(name))
}

const damaged = (folder: string, problem: string, cause?: unknown) =>
  new StudioError(
    'checkpoint-invalid',
    `The checkpoint ${folder} is damaged: ${problem}.`,
    'Resume the run from an earlier checkpoint, or train it again.',
    { cause },
  )
