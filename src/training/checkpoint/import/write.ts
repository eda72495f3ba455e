import { existsSync } from 'node:fs'
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import { StudioError, systemCode, systemProblem } from '#contract/api/errors.ts'
import type { checkpointFile } from '#contract/domain/checkpoint.ts'
import { type ImportedModel } from '#contract/domain/imported-model.ts'
import type { NonFiniteTensor } from '#contract/domain/non-finite.ts'
import { importedModelFiles, formatVersions } from '#contract/layout.ts'
import { syncPath } from '#node/durable-folder.ts'
import { hashFile } from '#node/hash.ts'
import { nonFiniteOf } from '../../tensor/non-finite.ts'
import type { OpenedModelFile } from '../formats/open.ts'
import { writeSafetensors } from '../formats/safetensors/writer.ts'
import type { TensorSource } from '../formats/tensor-source.ts'
import { joinedRowsShape, joinRows } from '../names/pairs.ts'
import type { ImportReport } from '../names/recognise.ts'

/** The card of an imported model before its file is written. What its weights hold is known afterwards. */
export interface ImportDescription extends Omit<ImportedModel, 'version' | 'files' | 'report'> {
  readonly report: Omit<ImportedModel['report'], 'nonFinite'>
}

/** Tensors to be copied, and what was found in those that have been read. */
export interface ImportSources {
  readonly sources: readonly TensorSource[]
  readonly nonFinite: NonFiniteTensor[]
}

/**
 * Writes an imported model into `<parent>/<name>`, which is renamed into place when complete.
 * @throws StudioError `already-exists` if the name is taken, `workspace-read-only`.
 */
export async function writeImport(
  parent: string,
  description: ImportDescription,
  { sources, nonFinite }: ImportSources,
  signal?: AbortSignal,
): Promise<ImportedModel> {
  const target = join(parent, description.name)
  const temporary = join(parent, `.${description.name}.tmp`)
  try {
    await mkdir(parent, { recursive: true })
    requireFree(target, description.name)
    await rm(temporary, { recursive: true, force: true })
    await mkdir(temporary)
    const model = await writeSafetensors(join(temporary, importedModelFiles.model), sources, { format: 'pt' }, signal)
    const card: ImportedModel = {
      version: formatVersions.importCard,
      ...description,
      report: { ...description.report, nonFinite },
      files: [{ name: importedModelFiles.model, ...model }],
    }
    await writeFile(join(temporary, importedModelFiles.card), `${JSON.stringify(card, null, 2)}\n`, { flush: true })
    await syncPath(temporary)
    requireFree(target, description.name)
    await rename(temporary, target)
    await syncPath(parent)
    return card
  } catch (cause) {
    const code = systemCode(cause) ?? ''
    if (['EACCES', 'EROFS', 'EPERM'].includes(code))
      throw new StudioError(
        'workspace-read-only',
        `The folder ${parent} cannot be written to: ${systemProblem(cause)?.problem ?? code}.`,
        'Choose another workspace with --workspace, or change the permissions of this one.',
        { cause },
      )
    await rm(temporary, { recursive: true, force: true })
    throw cause
  }
}

function requireFree(target: string, name: string): void {
  if (existsSync(target))
    throw new StudioError(
      'already-exists',
      `There is already an imported model called ${name}.`,
      'Choose another name, or remove that model first.',
    )
}

/** The matched tensors as 32-bit floats under their published names. `onRead` is called before each is read. */
export function importSources(
  file: OpenedModelFile,
  { matched }: ImportReport,
  onRead: (published: string) => void,
): ImportSources {
  const nonFinite: NonFiniteTensor[] = []
  const sources = matched.map(({ published, parts }): TensorSource => ({
    name: published,
    dtype: 'F32',
    shape: joinedRowsShape(parts.map((part) => file.find(part)?.shape ?? [])),
    read: async () => {
      onRead(published)
      const tensors = []
      for (const part of parts) tensors.push(await file.read(part))
      const data = Float32Array.from(joinRows(tensors).data)
      nonFinite.push(...[nonFiniteOf(published, data)].filter((found) => found !== undefined))
      return new Uint8Array(data.buffer)
    },
  }))
  return { sources, nonFinite }
}

/** Number of matched tensors by element type. */
export function dtypesOf(file: OpenedModelFile, { matched }: ImportReport): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const part of matched.flatMap(({ parts }) => parts)) {
    const dtype = file.find(part)?.dtype ?? ''
    counts[dtype] = (counts[dtype] ?? 0) + 1
  }
  return counts
}

/** Size and SHA-256 of a file by its path. */
export async function fileFacts(path: string, signal?: AbortSignal): Promise<z.infer<typeof checkpointFile>> {
  return { name: path, sizeBytes: (await stat(path)).size, sha256: await hashFile(path, signal) }
}
