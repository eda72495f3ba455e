import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue'
import type { RunTimes } from '#contract/domain/metric.ts'
import { useStudio } from '../../api/client.ts'
import { toReport } from '../../api/errors.ts'
import { chunksOf, runsPerCall } from './curves.ts'

const refreshMs = 5000

/** Times of the steps of runs while a time axis is shown, fetched again while some of the runs compute. */
export function useRunTimes(needed: () => { ids: readonly string[]; isLive: boolean } | undefined): {
  times: Readonly<ShallowRef<ReadonlyMap<string, RunTimes>>>
  problem: Readonly<ShallowRef<string>>
  isLoaded: Readonly<ShallowRef<boolean>>
} {
  const { client } = useStudio()
  const times = shallowRef<ReadonlyMap<string, RunTimes>>(new Map())
  const problem = shallowRef('')
  const isLoaded = shallowRef(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let generation = 0

  async function load(ids: readonly string[], isLive: boolean): Promise<void> {
    const mine = ++generation
    clearTimeout(timer)
    try {
      const calls = chunksOf(ids, runsPerCall).map((runIds) => client.metrics.times({ runIds }))
      const found = (await Promise.all(calls)).flat()
      if (mine !== generation) return
      times.value = new Map(found.map((each) => [each.runId, each]))
      problem.value = ''
      isLoaded.value = true
    } catch (cause) {
      if (mine === generation) problem.value = toReport(cause).message
    }
    if (mine === generation && isLive) timer = setTimeout(() => void load(ids, isLive), refreshMs)
  }

  watch(
    () => {
      const wanted = needed()
      return wanted === undefined ? '' : `${wanted.isLive} ${wanted.ids.join(' ')}`
    },
    () => {
      const wanted = needed()
      generation++
      clearTimeout(timer)
      if (wanted !== undefined) void load(wanted.ids, wanted.isLive)
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    generation++
    clearTimeout(timer)
  })
  return { times, problem, isLoaded }
}
