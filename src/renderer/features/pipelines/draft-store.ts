import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { ConfigurationSection } from '#contract/configuration/pipeline.ts'
import type { InputRole } from '#contract/domain/model-ref.ts'
import type { Preset } from '#contract/domain/pipeline.ts'
import type { Stage } from '#contract/stages/index.ts'
import { useStudio } from '../../api/client.ts'
import { useDatasetsStore } from '../../api/datasets-store.ts'
import { useRunsStore } from '../../api/runs-store.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { restoreDraft, storeDraft } from './draft-storage.ts'
import { changedFields, draftFrom, withDataset, withField, withModel, withPreset, withStage } from './draft.ts'
import type { Draft, FieldValue } from './draft.ts'
import { validate } from './validation.ts'

/** Preset of a new draft; the first one if it is missing. */
const defaultPreset = 'tiny'

/** Draft of a pipeline. Kept while the user visits other pages, and when the page is loaded again. */
export const useDraftStore = defineStore('pipeline-draft', () => {
  const { client } = useStudio()
  const datasets = useDatasetsStore()
  const runs = useRunsStore()
  const {
    data: presets,
    error,
    reload,
  } = useLoaded(
    () => null,
    (_, signal) => client.pipelines.presets({}, { signal }),
  )

  const draft = shallowRef<Draft | null>(null)
  /** Open tab of the form. */
  const section = ref<ConfigurationSection>('general')

  watch(presets, (loaded) => {
    const preset = loaded?.find(({ name }) => name === defaultPreset) ?? loaded?.[0]
    if (draft.value === null && preset !== undefined) draft.value = restoreDraft(loaded ?? []) ?? draftFrom(preset)
  })
  watch(draft, (next) => next !== null && storeDraft(next))

  const preset = computed<Preset | undefined>(() => presets.value?.find(({ name }) => name === draft.value?.preset))
  const changed = computed(() =>
    draft.value === null || preset.value === undefined
      ? new Set<string>()
      : changedFields(draft.value.configuration, preset.value.configuration),
  )
  const validation = computed(() =>
    draft.value === null ? null : validate(draft.value, datasets.datasets, new Set(runs.pipelines.map(({ id }) => id))),
  )

  function update(change: (current: Draft) => Draft): void {
    if (draft.value !== null) draft.value = change(draft.value)
  }

  function chooseDataset(name: string): void {
    const dataset = datasets.dataset(name)
    if (dataset !== undefined) update((current) => withDataset(current, dataset))
  }

  function choosePreset(name: string): void {
    const chosen = presets.value?.find((candidate) => candidate.name === name)
    if (chosen !== undefined) update((current) => withPreset(current, chosen))
  }

  /** Restores the value of the preset. */
  function resetField(of: ConfigurationSection, key: string): void {
    const original: Record<string, FieldValue> | undefined = preset.value?.configuration[of]
    const value = original?.[key]
    if (value !== undefined) update((current) => withField(current, of, key, value))
  }

  return {
    draft,
    section,
    presets,
    preset,
    error,
    reload,
    changed,
    validation,
    chooseDataset,
    choosePreset,
    resetField,
    chooseLabels: (labels: string) => update((current) => ({ ...current, labels })),
    rename: (name: string) => update((current) => ({ ...current, name })),
    setField: (of: ConfigurationSection, key: string, value: FieldValue) =>
      update((current) => withField(current, of, key, value)),
    chooseModel: (role: InputRole, ref: string | undefined) => update((current) => withModel(current, role, ref)),
    setStage: (stage: Stage, isOn: boolean) => update((current) => withStage(current, stage, isOn)),
  }
})
