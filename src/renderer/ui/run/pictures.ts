import type { MediaItem } from '#contract/domain/media.ts'
import { rangeOf, type ColourRange } from './error-map.ts'

const keyOf = (item: MediaItem): string => `${item.step} ${item.kind} ${item.video}`
const inOrder = (a: MediaItem, b: MediaItem): number =>
  a.step - b.step || a.kind.localeCompare(b.kind) || a.video.localeCompare(b.video)

/** Items with one more, in order of their steps; a picture made again takes the place of the earlier one. */
export function addPicture(items: readonly MediaItem[], item: MediaItem): MediaItem[] {
  return [...items.filter((other) => keyOf(other) !== keyOf(item)), item].toSorted(inOrder)
}

/** Steps at which any of the items was made, ascending. */
export const stepsOf = (items: readonly MediaItem[]): number[] =>
  [...new Set(items.map((item) => item.step))].toSorted((a, b) => a - b)

/** Videos that the items show, in their first order. */
export const videosOf = (items: readonly MediaItem[]): string[] => [...new Set(items.map((item) => item.video))]

/** The newest picture of a video made at this step or before, so that runs with other intervals keep pace on one slider. */
export function pictureAt(items: readonly MediaItem[], step: number, video: string | undefined): MediaItem | undefined {
  const ofVideo = items.filter((item) => video === undefined || item.video === video)
  return ofVideo.findLast((item) => item.step <= step) ?? ofVideo[0]
}

export const teacherLabels = { image: 'Image teacher', video: 'Video teacher' } as const
const roleLabels = {
  input: 'Clip',
  masked: 'Masked',
  reconstruction: 'Reconstruction',
  'patch-mean': 'Patch mean',
} as const

/** One row of a shown picture: a strip, and the errors to lay over it. */
export interface PictureRow {
  label: string
  path: string
  errors?: MediaItem['errorMaps'][number]
}

/** Strips of a picture from top to bottom; each error map lies over the clip in a row of its own. */
export function rowsOf(item: MediaItem): PictureRow[] {
  const clip = item.strips.find((strip) => strip.role === 'input')
  const strips = item.strips.map((strip) => ({ label: roleLabels[strip.role], path: strip.path }))
  if (clip === undefined) return strips
  return [
    ...strips,
    ...item.errorMaps.map((errors) => ({
      label: `Error, ${teacherLabels[errors.teacher].toLowerCase()}`,
      path: clip.path,
      errors,
    })),
  ]
}

/** Mean over the masked tokens; null where nothing is masked. */
export function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length
}

/** Range of the errors against each teacher over some pictures. */
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
