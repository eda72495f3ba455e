import { computed, onScopeDispose, ref, type ComputedRef, shallowRef, triggerRef, watch, type Ref } from 'vue'
import type { ErrorReport } from '#contract/api/errors.ts'
import type { SampleRequest } from '#contract/domain/dataset-detail.ts'
import type { Sample } from '#contract/domain/dataset.ts'
import { useStudio } from '../../api/client.ts'
import { isCancelled, toReport } from '../../api/errors.ts'
import { useLoaded } from '../../api/use-loaded.ts'

/** Samples of a page. */
const pageSize = 120
/** Pages that are kept: more than a screen shows. */
const keptPages = 24
/** Time without a key press after which a filter is searched for. */
const pauseMs = 150

/** Which samples; `digest` changes with the dataset. */
export type SampleConditions = Omit<SampleRequest, 'offset' | 'limit'> & { readonly digest: string }

export interface SamplePages {
  /** Samples that match; undefined until the first page is read. */
  total: ComputedRef<number | undefined>
  /** Changes with the list of samples. */
  list: ComputedRef<string>
  error: ComputedRef<ErrorReport | null>
  /** Undefined until its page is read. */
  sampleAt(index: number): Sample | undefined
  /** Reads the pages of these samples. Those of other samples that are still being read are cancelled. */
  show(first: number, last: number): void
}

/** The conditions of a list of samples. */
export function conditionsOf(list: string): Omit<SampleConditions, 'digest'> {
  const { digest: _digest, ...conditions } = JSON.parse(list) as SampleConditions
  return conditions
}

/** Samples of a dataset that match conditions, read in pages as they are shown. */
export function useSamplePages(conditions: () => SampleConditions | null): SamplePages {
  const { client } = useStudio()
  const wanted = useSettled(conditions)

  const load = (list: string, page: number, signal: AbortSignal) => {
    return client.datasets.samples({ ...conditionsOf(list), offset: page * pageSize, limit: pageSize }, { signal })
  }
  const { data: first, error: firstError } = useLoaded(
    () => wanted.value,
    async (list, signal) => (list === null ? undefined : { list, ...(await load(list, 0, signal)) }),
  )

  /** By number; the last one was shown last. */
  const pages = shallowRef(new Map<number, readonly Sample[]>())
  const reading = new Map<number, AbortController>()
  const pageError = ref<ErrorReport | null>(null)
  const stop = () => {
    for (const controller of reading.values()) controller.abort()
    reading.clear()
  }
  watch(
    first,
    (loaded) => {
      stop()
      pageError.value = null
      pages.value = new Map(loaded === undefined ? [] : [[0, loaded.samples]])
    },
    { flush: 'sync' },
  )
  onScopeDispose(stop)

  async function read(list: string, page: number): Promise<void> {
    const controller = new AbortController()
    reading.set(page, controller)
    try {
      const { samples } = await load(list, page, controller.signal)
      if (controller.signal.aborted) return
      pages.value.set(page, samples)
      for (const oldest of pages.value.keys()) {
        if (pages.value.size <= keptPages) break
        pages.value.delete(oldest)
      }
      triggerRef(pages)
      pageError.value = null
    } catch (cause) {
      if (!controller.signal.aborted && !isCancelled(cause)) pageError.value = toReport(cause)
    } finally {
      if (reading.get(page) === controller) reading.delete(page)
    }
  }

  return {
    total: computed(() => first.value?.total),
    list: computed(() => first.value?.list ?? ''),
    error: computed(() => firstError.value ?? pageError.value),
    sampleAt: (index) => pages.value.get(Math.floor(index / pageSize))?.[index % pageSize],
    show(from, to) {
      const list = first.value?.list
      if (list === undefined) return
      const [firstPage, lastPage] = [Math.floor(from / pageSize), Math.floor(to / pageSize)]
      for (const [page, controller] of reading) {
        if (page >= firstPage && page <= lastPage) continue
        controller.abort()
        reading.delete(page)
      }
      for (let page = firstPage; page <= lastPage; page++) {
        const known = pages.value.get(page)
        if (known !== undefined) {
          pages.value.delete(page)
          pages.value.set(page, known)
        } else if (!reading.has(page)) void read(list, page)
      }
    },
  }
}

/** Conditions as text: at once, and after a pause if only the filter changes, which is typed. */
function useSettled(conditions: () => SampleConditions | null): Readonly<Ref<string | null>> {
  const settled = ref<string | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(
    conditions,
    (next, previous) => {
      clearTimeout(timer)
      const text = next === null ? null : JSON.stringify(next)
      const settle = () => (settled.value = text)
      const isTyped =
        next && previous && JSON.stringify({ ...next, filter: '' }) === JSON.stringify({ ...previous, filter: '' })
      if (isTyped) timer = setTimeout(settle, pauseMs)
      else settle()
    },
    { immediate: true },
  )
  onScopeDispose(() => clearTimeout(timer))
  return settled
}
