import {
  nearestPicture,
  picturedOf,
  type PictureDifference,
  pictureDifferences,
} from '#contract/comparison/pictures.ts'
import type { MediaItem } from '#contract/domain/media.ts'
import { t } from '../../ui/language.ts'
import { meanOf, pictureKinds, type PictureKind, type PictureRow, rowsOf } from '../../ui/run/pictures.ts'
import type { ComparedRun } from './compared.ts'

/** A compared run that has pictures. */
export interface PicturedRun extends ComparedRun {
  /** Index among the compared runs: its style, and 0 for the baseline. */
  index: number
  /** Sorted by step. */
  items: readonly MediaItem[]
}

/** What all pictures of a comparison show. */
export interface Moment {
  step: number
  video: string | undefined
  /** Index of a frame. */
  frame: number
}

/** The picture of a run at a moment. */
export interface ShownPicture {
  run: PicturedRun
  item: MediaItem
  rows: PictureRow[]
  /** The chosen step, if the picture was made at another one. */
  nearestTo: number | undefined
  /** Index of the shown frame: the last one of a clip that is shorter than the chosen frame. */
  frame: number
  /** By which it is not of the clip and under the mask of the reference, the first run that has pictures. */
  differences: PictureDifference[]
}

/** The pictures of some runs at one moment, each with what makes it another picture than that of the first run. */
export function shownPictures(runs: readonly PicturedRun[], { step, video, frame }: Moment): ShownPicture[] {
  const found = runs.flatMap((run) => {
    const item = nearestPicture(run.items, step, video)
    return item === undefined ? [] : [{ run, item, pictured: picturedOf(item, run) }]
  })
  const reference = found[0]?.pictured
  return found.map(({ run, item, pictured }) => ({
    run,
    item,
    rows: rowsOf(item),
    nearestTo: item.step === step ? undefined : step,
    frame: Math.min(frame, item.frames - 1),
    differences: reference === undefined ? [] : pictureDifferences(reference, pictured),
  }))
}

/** A sentence that names both values. */
export function differenceText({ aspect, own, reference }: PictureDifference): string {
  switch (aspect) {
    case 'version':
      return t('compare.pictures.differs.version')
    case 'kind':
      return own === 'error-map'
        ? t('compare.pictures.differs.errorMaps')
        : t('compare.pictures.differs.reconstructions')
    case 'frames':
      return t('compare.pictures.differs.frames', { count: Number(own), reference })
    case 'mask':
      return t('compare.pictures.differs.mask')
    case 'targets':
      return own === 'true' ? t('compare.pictures.differs.normalized') : t('compare.pictures.differs.pixels')
    default:
      return t(`compare.pictures.differs.${aspect}`, { own, reference })
  }
}

/** Kinds of rows that at least one picture has, in the order in which rows are shown. */
export function kindsOf(pictures: readonly ShownPicture[]): PictureKind[] {
  const found = new Set(pictures.flatMap(({ rows }) => rows.map(({ kind }) => kind)))
  return pictureKinds.filter((kind) => found.has(kind))
}

/** Mean error of a row over the masked tokens, and its difference to that of the reference picture if both show the same clip and mask. */
export function meanError(
  { rows, differences }: ShownPicture,
  kind: PictureKind,
  reference: ShownPicture | undefined,
): { mean: number; difference: number | undefined } | undefined {
  const meanIn = (of: readonly PictureRow[]) => meanOf(of.find((row) => row.kind === kind)?.errors?.values ?? [])
  const mean = meanIn(rows)
  if (mean === null) return undefined
  const base = reference === undefined || differences.length > 0 ? null : meanIn(reference.rows)
  return { mean, difference: base === null || reference?.rows === rows ? undefined : mean - base }
}

/** One side of a wipe: a row of a picture. */
export interface WipeSide {
  /** As in the address: `RUN:KIND`. */
  key: string
  label: string
  picture: ShownPicture
  row: PictureRow
}

/** Everything that can be a side of a wipe. */
export const wipeSides = (pictures: readonly ShownPicture[]): WipeSide[] =>
  pictures.flatMap((picture) =>
    picture.rows.map((row) => ({
      key: `${picture.run.id}:${row.kind}`,
      label: `${picture.run.label} · ${row.label}`,
      picture,
      row,
    })),
  )

/** The row by which runs are compared first: what was computed, if there is such a row. */
const resultKinds: readonly PictureKind[] = ['reconstruction', 'error-video', 'error-image', 'input']
const resultOf = (sides: readonly WipeSide[], runId: string): WipeSide | undefined => {
  const own = sides.filter(({ picture }) => picture.run.id === runId)
  return resultKinds.flatMap((kind) => own.find(({ row }) => row.kind === kind) ?? [])[0]
}

/**
 * The sides of a wipe: the chosen ones; else the result of the first run against that of the second, or the clip against its
 * reconstruction if there is one run. Undefined if nothing can be compared.
 */
export function chosenSides(
  sides: readonly WipeSide[],
  left: string,
  right: string,
): { left: WipeSide; right: WipeSide } | undefined {
  const runIds = [...new Set(sides.map(({ picture }) => picture.run.id))]
  const [first = '', second] = runIds
  const find = (key: string) => sides.find((side) => side.key === key)
  const defaultLeft = second === undefined ? sides[0] : resultOf(sides, first)
  const defaultRight = resultOf(sides, second ?? first)
  const [one, two] = [find(left) ?? defaultLeft, find(right) ?? defaultRight]
  return one === undefined || two === undefined ? undefined : { left: one, right: two }
}

/** Why the sides of a wipe are not of the same clip under the same mask; empty if they are. */
export const sideDifferences = (left: WipeSide, right: WipeSide): PictureDifference[] =>
  pictureDifferences(
    picturedOf(left.picture.item, left.picture.run),
    picturedOf(right.picture.item, right.picture.run),
  ).filter(({ aspect }) => !(maskless.has(aspect) && [left, right].some(({ row }) => row.kind === 'input')))

/** A clip has no mask and no target. */
const maskless: ReadonlySet<PictureDifference['aspect']> = new Set(['kind', 'maskRatio', 'mask', 'targets'])
