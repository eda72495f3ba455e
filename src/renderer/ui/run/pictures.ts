import type { MediaItem } from '#contract/media.ts'

const keyOf = (item: MediaItem): string => `${item.step} ${item.kind} ${item.video}`
const inOrder = (a: MediaItem, b: MediaItem): number => a.step - b.step || a.kind.localeCompare(b.kind) || a.video.localeCompare(b.video)

/** Items with one more, in order of their steps; a picture made again takes the place of the earlier one. */
export function addPicture(items: readonly MediaItem[], item: MediaItem): MediaItem[] {
  return [...items.filter((other) => keyOf(other) !== keyOf(item)), item].toSorted(inOrder)
}

/** Steps at which any of the items was made, ascending. */
export const stepsOf = (items: readonly MediaItem[]): number[] => [...new Set(items.map((item) => item.step))].toSorted((a, b) => a - b)

/** Videos that the items show, in their first order. */
export const videosOf = (items: readonly MediaItem[]): string[] => [...new Set(items.map((item) => item.video))]

/** The newest picture of a video made at this step or before, so that runs with other intervals keep pace on one slider. */
export function pictureAt(items: readonly MediaItem[], step: number, video: string | undefined): MediaItem | undefined {
  const ofVideo = items.filter((item) => video === undefined || item.video === video)
  return ofVideo.findLast((item) => item.step <= step) ?? ofVideo[0]
}
