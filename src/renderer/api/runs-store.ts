import { defineStore } from 'pinia'
import { computed, onScopeDispose, ref, shallowRef, triggerRef } from 'vue'
import type { RunsEvent } from '#contract/api/contract.ts'
import type { ErrorReport } from '#contract/api/errors.ts'
import type { Pipeline } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'
import { useStudio } from './client.ts'
import { subscribe } from './subscribe.ts'

/** All pipelines and runs of the workspace, kept up to date. */
export const useRunsStore = defineStore('runs', () => {
  const studio = useStudio()
  const runsById = shallowRef(new Map<string, Run>())
  const pipelinesById = shallowRef(new Map<string, Pipeline>())
  const isLoaded = ref(false)
  const error = ref<ErrorReport | null>(null)

  /** Newest first. */
  const pipelines = computed(() =>
    [...pipelinesById.value.values()].toSorted((a, b) => b.createdAt.localeCompare(a.createdAt)),
  )
  /** In the order of their stages, newest pipeline first. */
  const runs = computed(() => pipelines.value.flatMap((pipeline) => runsOf(pipeline.id)))
  const running = computed(() => runs.value.find((run) => run.status === 'running'))

  // As values: a function of a store is wrapped for its observers, which takes longer than the look-up, and tables make thousands.
  const run = computed(() => (id: string) => runsById.value.get(id))
  const pipeline = computed(() => (id: string) => pipelinesById.value.get(id))

  /** Runs of a pipeline in the order of their stages. */
  function runsOf(pipelineId: string): Run[] {
    const ids = pipelinesById.value.get(pipelineId)?.runIds ?? []
    return ids.map((id) => runsById.value.get(id)).filter((run) => run !== undefined)
  }

  function apply(event: RunsEvent): void {
    if (event.type === 'snapshot') {
      pipelinesById.value = new Map(event.pipelines.map((pipeline) => [pipeline.id, pipeline]))
      runsById.value = new Map(event.runs.map((run) => [run.id, run]))
      isLoaded.value = true
      error.value = null
      return
    }
    if (event.type === 'pipeline-changed') {
      pipelinesById.value.set(event.pipeline.id, event.pipeline)
      triggerRef(pipelinesById)
      return
    }
    if (event.type === 'removed') {
      for (const id of event.runIds) runsById.value.delete(id)
      for (const id of event.pipelineIds) pipelinesById.value.delete(id)
      triggerRef(pipelinesById)
    } else if (event.type === 'launched') {
      for (const run of event.runs) runsById.value.set(run.id, run)
      pipelinesById.value.set(event.pipeline.id, event.pipeline)
      triggerRef(pipelinesById)
    } else {
      runsById.value.set(event.run.id, event.run)
    }
    triggerRef(runsById)
  }

  onScopeDispose(
    subscribe(studio, {
      open: (signal) => studio.client.runs.watch({}, { signal }),
      onEvent: apply,
      onError: (report) => (error.value = report),
    }),
  )

  return {
    runs,
    pipelines,
    running,
    isLoaded,
    error,
    runsOf,
    run,
    pipeline,
  }
})
