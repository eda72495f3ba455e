import type { MediaItem } from '#contract/domain/media.ts'
import type { LiveTopicOptions } from './live.ts'
import { addPicture } from './pictures.ts'

/** Pictures by run, in order of their steps. */
export type PictureTable = ReadonlyMap<string, MediaItem[]>

/** The pictures of some runs as a live topic. */
export const pictureTopic = (
  fetchMedia: (runId: string) => Promise<MediaItem[]>,
): LiveTopicOptions<PictureTable, { runId: string; item: MediaItem }> => ({
  initial: new Map(),
  fetch: async (ids) =>
    new Map(
      await Promise.all(
        ids.map(async (id) => [id, (await fetchMedia(id)).reduce<MediaItem[]>(addPicture, [])] as const),
      ),
    ),
  pick: (event) => (event.type === 'media' ? [event] : []),
  join(table, arrivals) {
    const next = new Map(table)
    for (const { runId, item } of arrivals) next.set(runId, addPicture(next.get(runId) ?? [], item))
    return next
  },
})
