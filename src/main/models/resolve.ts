import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import type { CheckpointCard } from '#contract/domain/checkpoint.ts'
import { defaultSplitSet, type SplitSetName } from '#contract/domain/dataset.ts'
import { type ImportedModel } from '#contract/domain/imported-model.ts'
import { checkpointId, parseRef } from '#contract/domain/model-ref.ts'
import type { RunFile } from '#contract/domain/run.ts'
import { importedModelFiles, checkpointFiles, checkpointFolder, runFiles } from '#contract/layout.ts'

/** A model of the workspace, found by its reference. `id` is the name of an imported model or `<run id>@<step>`. */
export type FoundModel =
  | { readonly kind: 'imported-model'; readonly id: string; readonly folder: string; readonly card: ImportedModel }
  | { readonly kind: 'checkpoint'; readonly id: string; readonly folder: string; readonly card: CheckpointCard }

/** Functions with which the resolver looks up models. Functions that do not return `undefined` throw `not-found` for an unknown name. */
export interface ModelSources {
  importedModel(name: string): { readonly card: ImportedModel; readonly folder: string }
  runFolder(runId: string): string
  /** The checkpoint at a step, or the one that the run stands for if no step is given. */
  checkpoint(runId: string, step?: number): CheckpointCard | undefined
}

/** Finds models by reference: `NAME`, `RUN` (its newest checkpoint, or with early stopping its best one) or `RUN@STEP`. */
export class ModelResolver {
  readonly #sources: ModelSources

  constructor(sources: ModelSources) {
    this.#sources = sources
  }

  /** @throws StudioError `not-found` */
  find(ref: string): FoundModel {
    const parsed = parseRef(ref)
    if (parsed.kind === 'imported-model')
      return { kind: 'imported-model', id: parsed.name, ...this.#sources.importedModel(parsed.name) }
    const runFolder = this.#sources.runFolder(parsed.runId)
    const card =
      parsed.kind === 'run'
        ? this.#sources.checkpoint(parsed.runId)
        : this.#sources.checkpoint(parsed.runId, parsed.step)
    if (card === undefined)
      throw new StudioError(
        'not-found',
        parsed.kind === 'run' ? `The run ${ref} has no checkpoint.` : `There is no checkpoint ${ref}.`,
        'Ids look like <run id>@<step>; `checkpoint list` shows them.',
      )
    const folder = join(runFolder, runFiles.checkpoints, checkpointFolder(card.step))
    return { kind: 'checkpoint', id: checkpointId(card.runId, card.step), folder, card }
  }

  /**
   * As `find`, for callers that read the weights.
   * @throws StudioError `not-found`, or `checkpoint-invalid` if the folder no longer holds the weights.
   */
  findWithWeights(ref: string): FoundModel {
    const found = this.find(ref)
    if (!existsSync(join(found.folder, weightsFile(found))))
      throw new StudioError(
        'checkpoint-invalid',
        `The weights of ${found.id} are missing from ${found.folder}.`,
        'Restore the folder from a backup, or use another model.',
      )
    return found
  }

  /** Id of the records of a model, even of a removed one. @throws StudioError `not-found` for a run without checkpoints. */
  recordId(ref: string): string {
    return parseRef(ref).kind === 'run' ? this.find(ref).id : ref
  }

  /** SHA-256 of the weights, from the card; undefined if there is no such model. */
  weightsHash(ref: string): string | undefined {
    try {
      const found = this.find(ref)
      return found.card.files.find(({ name }) => name === weightsFile(found))?.sha256
    } catch (cause) {
      if (cause instanceof StudioError) return undefined
      throw cause
    }
  }
}

const weightsFile = ({ kind }: FoundModel): string =>
  kind === 'imported-model' ? importedModelFiles.model : checkpointFiles.model

/**
 * The split set with which a model was trained; the default one for an imported model.
 * @param readRun throws `not-found` for an unknown run
 */
export function splitSetOf(ref: string, readRun: (runId: string) => RunFile): SplitSetName {
  const parsed = parseRef(ref)
  return parsed.kind === 'imported-model' ? defaultSplitSet : readRun(parsed.runId).general.splitSet
}
