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
import { restoreDraft, restoreExtras, storeDraft, storeExtras } from './draft-storage.ts'
import {
  changedFields,
  draftFrom,
  withDataset,
  withField,
  warmupShareOf,
  withModel,
  withPreset,
  withStage,
  withWarmupShare,
} from './draft.ts'
import type { Draft, FieldValue } from './draft.ts'
import { draftFromOrigin, type Origin, overridesSince } from './origin.ts'
import { draftedSweep, isSweep, noSweep, type SweepDraft } from './sweep-draft.ts'
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
  const extras = restoreExtras()
  const sweep = shallowRef<SweepDraft>(extras.sweep)
  const origin = shallowRef<Origin | null>(extras.origin)
  /** Whether the warm-up keeps its share of the epochs when these change. */
  const linksWarmup = ref(extras.linksWarmup)
  /** Shares to keep while epochs are edited: an empty field, or half a number, must not change them. */
  const warmupShares = new Map<ConfigurationSection, number>()

  watch(presets, (loaded) => {
    const preset = loaded?.find(({ name }) => name === defaultPreset) ?? loaded?.[0]
    if (draft.value === null && preset !== undefined) draft.value = restoreDraft(loaded ?? []) ?? draftFrom(preset)
  })
  watch(draft, (next) => next !== null && storeDraft(next))
  watch([sweep, origin, linksWarmup], ([varied, from, links]) =>
    storeExtras({ sweep: varied, origin: from, linksWarmup: links }),
  )

  const preset = computed<Preset | undefined>(() => presets.value?.find(({ name }) => name === draft.value?.preset))
  const changed = computed(() =>
    draft.value === null || preset.value === undefined
      ? new Set<string>()
      : changedFields(draft.value.configuration, preset.value.configuration),
  )
  const validation = computed(() => {
    if (draft.value === null) return null
    const found = validate(draft.value, datasets.datasets, new Set(runs.pipelines.map(({ id }) => id)))
    if (found.request === null || origin.value === null) return found
    const { fromRun } = origin.value.request
    const overrides = overridesSince(origin.value, draft.value)
    const from = fromRun === undefined ? {} : { fromRun, overrides }
    return { ...found, request: { ...found.request, ...from } }
  })
  /** The sweep over a valid draft; null if one pipeline is wanted. */
  const drafted = computed(() => {
    const request = validation.value?.request ?? null
    return request === null || !isSweep(sweep.value) ? null : draftedSweep(request, sweep.value)
  })

  function update(change: (current: Draft) => Draft): void {
    if (draft.value !== null) draft.value = change(draft.value)
  }

  /** Changes more than the epochs, so that the shares of warm-ups are read again. */
  function replace(change: (current: Draft) => Draft): void {
    warmupShares.clear()
    update(change)
  }

  function chooseDataset(name: string): void {
    const dataset = datasets.dataset(name)
    if (dataset !== undefined) update((current) => withDataset(current, dataset))
  }

  function choosePreset(name: string): void {
    const chosen = presets.value?.find((candidate) => candidate.name === name)
    if (chosen === undefined) return
    origin.value = null
    replace((current) => withPreset(current, chosen))
  }

  /** Restores the value of the preset. */
  function resetField(of: ConfigurationSection, key: string): void {
    const original: Record<string, FieldValue> | undefined = preset.value?.configuration[of]
    const value = original?.[key]
    if (value !== undefined) replace((current) => withField(current, of, key, value))
  }

  /** Varies a field over the values of a text, or no longer. */
  function vary(path: string, text: string | undefined): void {
    const { [path]: _dropped, ...others } = sweep.value.varied
    changeSweep({ varied: text === undefined ? others : { ...sweep.value.varied, [path]: text } })
  }

  function changeSweep(change: Partial<SweepDraft>): void {
    sweep.value = { ...sweep.value, ...change }
  }

  /** Fills the form with a launched pipeline, by its id or that of one of its runs. */
  async function openRun(id: string): Promise<void> {
    origin.value = await client.pipelines.requestOf({ id })
    sweep.value = noSweep
    restoreOrigin()
  }

  /** Fills the form with what is left of the pipeline of a diverged run, from its last good checkpoint with a lower rate. */
  async function openRecovery(id: string): Promise<void> {
    const { before, request, notes } = await client.pipelines.recovery({ id })
    origin.value = { request: before, differences: notes }
    sweep.value = noSweep
    warmupShares.clear()
    draft.value = draftFromOrigin({ request })
  }

  function restoreOrigin(): void {
    const from = origin.value
    if (from === null) return
    warmupShares.clear()
    draft.value = draftFromOrigin(from)
  }

  function setField(of: ConfigurationSection, key: string, value: FieldValue): void {
    update((current) => {
      const changed = withField(current, of, key, value)
      if (!linksWarmup.value || key !== 'epochs') {
        warmupShares.delete(of)
        return changed
      }
      const share = warmupShares.get(of) ?? warmupShareOf(current, of)
      if (share === null) return changed
      warmupShares.set(of, share)
      return withWarmupShare(changed, of, share)
    })
  }

  return {
    draft,
    sweep,
    origin,
    drafted,
    linksWarmup,
    vary,
    changeSweep,
    openRun,
    openRecovery,
    restoreOrigin,
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
    setField,
    chooseModel: (role: InputRole, ref: string | undefined) => update((current) => withModel(current, role, ref)),
    setStage: (stage: Stage, isOn: boolean) => update((current) => withStage(current, stage, isOn)),
  }
})
