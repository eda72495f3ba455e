import { shallowRef, type ShallowRef } from 'vue'
import type { MediaItem } from '#contract/media.ts'
import { addPicture } from './pictures.ts'
import type { LiveTopic } from './live.ts'

export interface LivePictures extends LiveTopic {
  /** By run, in order of their steps. */
  readonly pictures: ShallowRef<ReadonlyMap<string, MediaItem[]>>
}

interface LivePicturesOptions {
  fetchMedia: (id: string) => Promise<MediaItem[]>
  onError: (thrown: unknown) => void
}

/** Pictures of some runs. One that arrives while the list is being fetched is joined to it by its step and video. */
export function createLivePictures({ fetchMedia, onError }: LivePicturesOptions): LivePictures {
  const pictures = shallowRef<ReadonlyMap<string, MediaItem[]>>(new Map())
  let arrived: { runId: string; item: MediaItem }[] = []
  let isLoading = false
  let generation = 0

  const joined = (table: ReadonlyMap<string, MediaItem[]>, more: typeof arrived): ReadonlyMap<string, MediaItem[]> => {
    const next = new Map(table)
    for (const { runId, item } of more) next.set(runId, addPicture(next.get(runId) ?? [], item))
    return next
  }

  async function fetchAll(ids: readonly string[]): Promise<void> {
    const mine = ++generation
    arrived = []
    isLoading = true
    try {
      const fetched = await Promise.all(ids.map(async (id) => [id, (await fetchMedia(id)).reduce<MediaItem[]>(addPicture, [])] as const))
      if (mine === generation) pictures.value = joined(new Map(fetched), arrived)
    } catch (cause) {
      if (mine === generation) onError(cause)
    } finally {
      if (mine === generation) isLoading = false
    }
  }

  return {
    pictures,
    load: (ids) => void fetchAll(ids),
    take(event) {
      if (event.type !== 'media') return
      if (isLoading) arrived.push(event)
      else pictures.value = joined(pictures.value, [event])
    },
    dispose() {
      generation++
    },
  }
}
