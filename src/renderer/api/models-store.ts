import { defineStore } from 'pinia'
import { computed } from 'vue'
import type { Checkpoint } from '#contract/domain/checkpoint.ts'
import type { ImportedModel } from '#contract/domain/imported-model.ts'
import { describeModel, type ModelDescription } from '#contract/domain/model.ts'
import { stageTitles } from '#contract/stages/index.ts'
import { useStudio } from './client.ts'
import { useRunsStore } from './runs-store.ts'
import { useLoaded } from './use-loaded.ts'

/** A model that a pipeline can use: an imported model, or the checkpoint that a run stands for. */
export interface KnownModel {
  ref: string
  label: string
  description: string
  model: ModelDescription
}

/** Imported models and checkpoints. Checkpoints are fetched again when a run saves one or ends, imported models on `reloadImportedModels`. */
export const useModelsStore = defineStore('models', () => {
  const { client } = useStudio()
  const runs = useRunsStore()
  const state = computed(() => runs.runs.map((run) => `${run.checkpointCount}${run.status}`).join())
  const checkpoints = useLoaded(
    () => state.value,
    (_, signal) => client.checkpoints.list({}, { signal }),
  )
  const importedModels = useLoaded(
    () => null,
    (_, signal) => client.models.list({}, { signal }),
  )
  const models = computed(() => [
    ...(importedModels.data.value ?? []).map(ofImportedModel),
    ...resultOfEach(checkpoints.data.value ?? []).map(ofCheckpoint),
  ])

  return {
    checkpoints: checkpoints.data,
    importedModels: importedModels.data,
    error: computed(() => checkpoints.error.value ?? importedModels.error.value),
    models,
    reload,
    reloadImportedModels: importedModels.reload,
  }

  function reload(): void {
    checkpoints.reload()
    importedModels.reload()
  }
})

const ofImportedModel = ({ name, model }: ImportedModel): KnownModel => ({
  ref: name,
  label: name,
  description: describeModel(model),
  model,
})
const ofCheckpoint = ({ id, pipelineId, stage, step, model }: Checkpoint): KnownModel => ({
  ref: id,
  label: `${pipelineId} · ${stageTitles[stage]}, step ${step}`,
  description: describeModel(model),
  model,
})

/** Of each run the final checkpoint, or the newest one if it has not finished. */
function resultOfEach(checkpoints: readonly Checkpoint[]): Checkpoint[] {
  const byRun = Map.groupBy(checkpoints, ({ runId }) => runId)
  return [...byRun.values()].flatMap((ofRun) => {
    const final = ofRun.find(({ isFinal }) => isFinal)
    return final === undefined ? ofRun.toSorted((a, b) => b.step - a.step).slice(0, 1) : [final]
  })
}
