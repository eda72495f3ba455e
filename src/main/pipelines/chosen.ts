import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import type { ChosenInputs } from '#contract/configuration/inputs.ts'
import { type CheckpointCard, modelOfCard } from '#contract/domain/checkpoint.ts'
import { trainingCounts } from '#contract/domain/dataset-statistics.ts'
import type { DatasetSummary } from '#contract/domain/dataset.ts'
import { type ImportedModel, importWarnings } from '#contract/domain/imported-model.ts'
import { checkpointId, type InputRole, inputRoles, parseRef } from '#contract/domain/model-ref.ts'
import type { ModelDescription } from '#contract/domain/model.ts'
import type { FrozenModel, Run, RunFile } from '#contract/domain/run.ts'
import { importedModelFiles, checkpointFiles, checkpointFolder, runFiles, workspaceFiles } from '#contract/layout.ts'
import {
  isTrainingConfiguration,
  modelOfTask,
  stages,
  stageTitles,
  type TrainingConfiguration,
} from '#contract/stages/index.ts'
import type { FoundModel } from '../models/resolve.ts'

/** A model that a pipeline takes from elsewhere. */
export interface ChosenModel {
  /** As a run's file names it: an import, a checkpoint, or a run that is still to finish. */
  readonly ref: string
  readonly model: ModelDescription
  readonly classes: readonly string[] | null
  /** Videos of each class on which a classifier was fine-tuned, if known. */
  readonly trainingVideos?: readonly number[] | undefined
  /** Absent for a run that has not finished: the checkpoint that it stands for at its end is taken then. */
  readonly frozen?: FrozenModel
  /** What its import found: weights that are not finite. */
  readonly warnings?: readonly string[]
}

export type ChosenModels = Partial<Record<InputRole, ChosenModel>>

/** Where models and datasets are looked up. All throw `not-found` for an unknown name. */
export interface ModelSources {
  run(id: string): { status: Run['status']; file: RunFile }
  find(ref: string): FoundModel
  dataset(name: string): Pick<DatasetSummary, 'labelSets' | 'balance'>
}

/** Looks up every chosen model and freezes those that exist. */
export function resolveChosen(inputs: ChosenInputs, sources: ModelSources): ChosenModels {
  const chosen: Partial<Record<InputRole, ChosenModel>> = {}
  for (const role of inputRoles) {
    const ref = inputs[role]
    if (ref !== undefined) chosen[role] = resolve(ref, sources)
  }
  return chosen
}

function resolve(ref: string, sources: ModelSources): ChosenModel {
  const parsed = parseRef(ref)
  if (parsed.kind !== 'imported-model') {
    const { status, file } = sources.run(parsed.runId)
    if (!isTrainingConfiguration(file.task))
      throw new StudioError(
        'configuration-invalid',
        `The run ${parsed.runId} makes no model, because its stage is ${stageTitles[file.task.stage]}.`,
        'Choose the run of another stage.',
      )
    if (parsed.kind === 'run' && (status === 'queued' || status === 'running'))
      return modelToCome(ref, { ...file, task: file.task }, sources)
  }
  const found = sources.find(ref)
  return found.kind === 'imported-model' ? ofImportedModel(found.card) : ofCheckpoint(found.card)
}

/** The model that a run will make, described from its configuration, its labels and the models that it takes itself. */
function modelToCome(ref: string, file: RunFile & { task: TrainingConfiguration }, sources: ModelSources): ChosenModel {
  const { inputs, models, task, clip, dataset } = file
  const descriptions: Partial<Record<InputRole, ModelDescription>> = {}
  for (const role of inputRoles) {
    const input = inputs[role]
    if (input !== undefined) descriptions[role] = models[role]?.model ?? resolve(input, sources).model
  }
  const describe = (classes: number | null) => modelOfTask(task, clip, classes, descriptions)
  if (dataset.labels === null || stages[task.stage].layout !== 'classifier')
    return { ref, model: describe(null), classes: null }
  const found = sources.dataset(dataset.name)
  const labelSet = found.labelSets.find(({ name }) => name === dataset.labels)
  if (labelSet === undefined) return { ref, model: describe(null), classes: null }
  const { classes } = labelSet
  return { ref, model: describe(classes.length), classes, trainingVideos: trainingCounts(found, labelSet) }
}

function ofImportedModel(card: ImportedModel): ChosenModel {
  const { name, model, classes, licenceNotes, files } = card
  const frozen = {
    file: join(workspaceFiles.models, name, importedModelFiles.model),
    sha256: hashOf(files, importedModelFiles.model),
    model,
    classes,
    licenceNotes,
  }
  return { ref: name, model, classes, frozen, warnings: importWarnings(card) }
}

function ofCheckpoint(card: CheckpointCard): ChosenModel {
  const { runId, step, classes, trainingVideos, licenceNotes, files } = card
  const model = modelOfCard(card)
  const file = join(workspaceFiles.runs, runId, runFiles.checkpoints, checkpointFolder(step), checkpointFiles.model)
  return {
    ref: checkpointId(runId, step),
    model,
    classes,
    trainingVideos,
    frozen: {
      file,
      sha256: hashOf(files, checkpointFiles.model),
      model,
      classes,
      ...(trainingVideos === undefined ? {} : { trainingVideos }),
      licenceNotes,
    },
  }
}

const hashOf = (files: CheckpointCard['files'], name: string): string =>
  files.find((file) => file.name === name)?.sha256 ?? ''
