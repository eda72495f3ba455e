import type { CSSProperties } from 'vue'
import { type BoundingBox, type Sample, spanOf } from '#contract/domain/dataset.ts'
import { formatList } from '../../ui/format.ts'
import { t } from '../../ui/language.ts'

/** Boxes by the position of the shown frame that is nearest to theirs: not every frame of a video is shown. */
export function boxesByFrame(
  frames: readonly number[],
  boxes: readonly BoundingBox[],
): ReadonlyMap<number, readonly BoundingBox[]> {
  return Map.groupBy(boxes, ({ frameIndex }) =>
    frames.reduce(
      (best, frame, index) =>
        Math.abs(frame - frameIndex) < Math.abs((frames[best] ?? Infinity) - frameIndex) ? index : best,
      0,
    ),
  )
}

/** The person and the classes of a box. */
export function boxText({ labels, person }: BoundingBox): string {
  const classes = labels.length === 0 ? t('datasets.noLabel') : formatList(labels)
  return person === undefined ? classes : t('datasets.seen.person', { person, classes })
}

const percent = (share: number): string => `${share * 100}%`

/** Place of a rectangle in shares, in an element that has the size of its frame. */
export const placeOf = ({ x, y, width, height }: Pick<BoundingBox, 'x' | 'y' | 'width' | 'height'>): CSSProperties => ({
  left: percent(x),
  top: percent(y),
  width: percent(width),
  height: percent(height),
})

/** A page of a preview, of all its pages. */
export interface PreviewPage {
  readonly page: number
  readonly pages: number
}

/** The page of a preview that is nearest to the boxes of a sample; the first one without boxes. */
export function pageOfBoxes({ video, boxes = [] }: Sample, pages: number): number {
  const frame = boxes[0]?.frameIndex ?? 0
  return Math.min(pages - 1, Math.round((frame * pages) / video.frameCount))
}

/** Boxes of a sample that may be drawn over a page of the preview: none if the page shows another moment of the video than the sample. */
export function boxesOnPage(sample: Sample, { page, pages }: PreviewPage): readonly BoundingBox[] {
  const frame = Math.floor((page * sample.video.frameCount) / pages)
  const { firstFrame, frameCount } = spanOf(sample)
  return frame >= firstFrame && frame < firstFrame + frameCount ? (sample.boxes ?? []) : []
}
