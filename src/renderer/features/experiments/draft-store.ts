import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import type { Preset } from '#contract/domain/pipeline.ts'
import { useStudio } from '../../api/client.ts'
import { useDatasetsStore } from '../../api/datasets-store.ts'
import { useExperimentsStore } from '../../api/experiments-store.ts'
import { useRunsStore } from '../../api/runs-store.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import {
  baseOf,
  checkDraft,
  draftFromPreset,
  type ExperimentDraft,
  experimentDraft,
  gridAround,
  suggestedName,
  withDataset,
} from './draft.ts'

const key = 'experiment-draft'

/** Draft of a teacher ablation. Kept while the user visits other pages, and when the page is loaded again. */
export const useExperimentDraft = defineStore('experiment-draft', () => {
  const { client } = useStudio()
  const datasets = useDatasetsStore()
  const experiments = useExperimentsStore()
  const runs = useRunsStore()
  const {
    data: presets,
    error,
    reload,
  } = useLoaded(
    () => null,
    (_, signal) => client.pipelines.presets({}, { signal }),
  )
  const draft = shallowRef<ExperimentDraft | null>(null)

  watch(presets, (loaded) => {
    const [first] = loaded ?? []
    if (draft.value === null && first !== undefined) draft.value = restored() ?? draftFromPreset(first)
  })
  watch(draft, (next) => {
    if (next !== null) sessionStorage.setItem(key, JSON.stringify(next))
  })

  const taken = computed(
    () =>
      new Set([
        ...experiments.experiments.map(({ id }) => id),
        ...runs.pipelines.flatMap(({ id, group }) => (group === undefined ? [id] : [id, group])),
      ]),
  )
  const check = computed(() =>
    draft.value === null
      ? null
      : checkDraft(draft.value, { datasets: datasets.datasets, presets: presets.value ?? [], taken: taken.value }),
  )
  const suggestion = computed(() => (draft.value === null ? '' : suggestedName(draft.value, taken.value)))
  const base = computed(() => (draft.value === null ? undefined : baseOf(draft.value.base, presets.value ?? [])))

  function change(values: Partial<ExperimentDraft>): void {
    if (draft.value !== null) draft.value = { ...draft.value, ...values }
  }

  function chooseDataset(name: string): void {
    const dataset = datasets.dataset(name)
    if (dataset !== undefined && draft.value !== null) draft.value = withDataset(draft.value, dataset)
  }

  /** Takes the values of a preset, and a grid around its rate. */
  function choosePreset({ name, configuration }: Preset): void {
    change({ base: { kind: 'preset', preset: name }, ...gridAround({ configuration }) })
  }

  /** Takes the values of the pipeline of a run, or of a pipeline by its id. */
  async function chooseRun(id: string): Promise<void> {
    const { request } = await client.pipelines.requestOf({ id })
    change({ base: { kind: 'run', id, request }, ...gridAround(request) })
  }

  return { draft, presets, error, reload, check, suggestion, base, change, chooseDataset, choosePreset, chooseRun }
})

/** The draft of this tab; null if there is none, or if another version of the studio wrote it. */
function restored(): ExperimentDraft | null {
  const text = sessionStorage.getItem(key)
  return text === null ? null : (experimentDraft.safeParse(parseJson(text)).data ?? null)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not written by this page.
    return undefined
  }
}
