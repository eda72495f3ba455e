import type { BoundingBox } from '#contract/domain/dataset.ts'
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
