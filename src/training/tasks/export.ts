import { rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { CheckpointCard } from '#contract/checkpoint.ts'
import { StudioError, systemCode } from '#contract/errors.ts'
import { checkpointFiles } from '#contract/events.ts'
import { syncPath } from '../checkpoint/durable.ts'
import { verifyCheckpoint } from '../checkpoint/find.ts'
import { SafetensorsReader } from '../checkpoint/safetensors-reader.ts'
import { writeSafetensors } from '../checkpoint/safetensors-writer.ts'
import type { Task } from './task.ts'

const licenceNote =
  'These weights belong to whoever trained them. If they descend from the published MAE, VideoMAE or MVD weights, they are under CC BY-NC 4.0: no commercial use.'

/**
 * Copies the model of a checkpoint folder into one safetensors file that tells where it comes from, and reads it back.
 * The file appears by one rename; nothing that exists is overwritten.
 */
export const exportCheckpoint: Task<'export'> = async ({ checkpoint, format, to }, _report, signal) => {
  const target = resolve(to)
  await requireFree(target)
  const card = await verifyCheckpoint(checkpoint, signal)
  await using source = await SafetensorsReader.open(join(checkpoint, checkpointFiles.model))
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`)
  try {
    const tensors = source.entries.map((entry) => ({ ...entry, read: () => source.readBytes(entry) }))
    const { sizeBytes, sha256 } = await writeSafetensors(temporary, tensors, metadataOf(card), signal)
    const maxDifference = await largestDifference(source, temporary, signal)
    await requireFree(target)
    await rename(temporary, target)
    await syncPath(dirname(target))
    return { path: target, format, sizeBytes, sha256, tensors: tensors.length, maxDifference }
  } catch (cause) {
    await rm(temporary, { force: true })
    throw cause
  }
}

/** What travels with the weights. `format: pt` is what other readers of safetensors look for. */
function metadataOf({ runId, step, epoch, createdAt, task, clip, classes }: CheckpointCard): Record<string, string> {
  return {
    format: 'pt',
    producer: 'MVD Studio',
    license: licenceNote,
    run: runId,
    stage: task.stage,
    step: String(step),
    epoch: String(epoch),
    created: createdAt,
    configuration: JSON.stringify({ ...task.configuration, clip }),
    ...(classes === null ? {} : { classes: JSON.stringify(classes) }),
  }
}

async function requireFree(target: string): Promise<void> {
  const folder = dirname(target)
  if ((await kindOf(folder)) !== 'folder') throw new StudioError('not-found', `There is no folder ${folder} to write ${basename(target)} into.`, 'Create the folder, or choose another place.')
  const kind = await kindOf(target)
  if (kind === 'folder') throw new StudioError('already-exists', `${target} is a folder; the export needs the name of a file.`, 'Add a file name, for example model.safetensors.')
  if (kind === 'file') throw new StudioError('already-exists', `The file ${target} exists, and an export overwrites nothing.`, 'Choose another name, or remove the file first.')
}

async function kindOf(path: string): Promise<'folder' | 'file' | 'nothing'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file'
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ENOTDIR') return 'nothing'
    throw cause
  }
}

/** Reads a written file back and compares it with its source, tensor by tensor. A tensor that is NaN on both sides agrees. */
async function largestDifference(source: SafetensorsReader, path: string, signal: AbortSignal): Promise<number> {
  await using copy = await SafetensorsReader.open(path)
  const copies = new Map(copy.entries.map((entry) => [entry.name, entry]))
  let largest = 0
  for (const entry of source.entries) {
    signal.throwIfAborted()
    const twin = copies.get(entry.name)
    if (twin?.dtype !== entry.dtype || twin.shape.join() !== entry.shape.join()) throw new StudioError('internal', `The tensor ${entry.name} was not written as it is.`, 'This is a defect of the studio. Please report it.')
    const [ours, theirs] = [await source.readNumbers(entry), await copy.readNumbers(twin)]
    for (let i = 0; i < ours.length; i++) {
      const [a, b] = [ours[i] ?? 0, theirs[i] ?? 0]
      if (!Object.is(a, b)) largest = Math.max(largest, Number.isNaN(a - b) ? Infinity : Math.abs(a - b))
    }
  }
  return largest
}
