import type { MediaItem } from '#contract/domain/media.ts'
import type { LiveTopicOptions } from '../../api/live.ts'
import { rangeOf, type ColourRange } from '../colour-scale.ts'
import { t } from '../language.ts'

const keyOf = (item: MediaItem): string => `${item.step} ${item.kind} ${item.video}`
const inOrder = (a: MediaItem, b: MediaItem): number =>
  a.step - b.step || a.kind.localeCompare(b.kind) || a.video.localeCompare(b.video)

/** Items with one more, sorted by step; replaces an item of the same step, kind and video. */
export function addPicture(items: readonly MediaItem[], item: MediaItem): MediaItem[] {
  return [...items.filter((other) => keyOf(other) !== keyOf(item)), item].toSorted(inOrder)
}

/** Steps of the items, ascending. */
export const stepsOf = (items: readonly MediaItem[]): number[] =>
  [...new Set(items.map((item) => item.step))].toSorted((a, b) => a - b)

/** The step that is nearest to a chosen one, the newest if none is chosen; undefined without steps. */
export function nearestStep(steps: readonly number[], chosen: number | undefined): number | undefined {
  if (chosen === undefined) return steps.at(-1)
  return steps.reduce<number | undefined>(
    (best, step) => (best === undefined || Math.abs(step - chosen) < Math.abs(best - chosen) ? step : best),
    undefined,
  )
}

/** Videos of the items, in order of first appearance. */
export const videosOf = (items: readonly MediaItem[]): string[] => [...new Set(items.map((item) => item.video))]

/** The newest picture of a video at this step or before, so that one slider serves runs with different intervals. */
export function pictureAt(items: readonly MediaItem[], step: number, video: string | undefined): MediaItem | undefined {
  const ofVideo = items.filter((item) => video === undefined || item.video === video)
  return ofVideo.findLast((item) => item.step <= step) ?? ofVideo[0]
}

/** What a row of a picture shows, in the order in which rows are shown. */
export const pictureKinds = ['input', 'masked', 'reconstruction', 'patch-mean', 'error-image', 'error-video'] as const
export type PictureKind = (typeof pictureKinds)[number]
export const kindLabel = (kind: PictureKind): string => t(`run.pictures.kinds.${kind}`)

/** A row of a picture: a strip and the errors to overlay. */
export interface PictureRow {
  kind: PictureKind
  label: string
  path: string
  errors?: MediaItem['errorMaps'][number]
}

const row = (kind: PictureKind, path: string): PictureRow => ({ kind, label: kindLabel(kind), path })

/** Rows of a picture: one per strip, then one per error map, which overlays the clip. */
export function rowsOf(item: MediaItem): PictureRow[] {
  const clip = item.strips.find((strip) => strip.role === 'input')
  const strips = item.strips.map(({ role, path }) => row(role, path))
  if (clip === undefined) return strips
  return [...strips, ...item.errorMaps.map((errors) => ({ ...row(`error-${errors.teacher}`, clip.path), errors }))]
}

/** Mean over the masked tokens; null if there are none. */
export function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length
}

/** Range of the errors per teacher over some pictures. */
export function teacherRanges(items: readonly MediaItem[]): Partial<Record<'image' | 'video', ColourRange>> {
  const ranges: Partial<Record<'image' | 'video', ColourRange>> = {}
  for (const teacher of ['image', 'video'] as const) {
    const range = rangeOf(
      items.flatMap((item) => item.errorMaps.filter((map) => map.teacher === teacher).map((map) => map.values)),
    )
    if (range !== null) ranges[teacher] = range
  }
  return ranges
}

/** Pictures by run, sorted by step. */
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
  join(table, items) {
    const next = new Map(table)
    for (const { runId, item } of items) next.set(runId, addPicture(next.get(runId) ?? [], item))
    return next
  },
})
