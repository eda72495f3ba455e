import type { LabelSet } from '../domain/dataset.ts'
import { splits } from '../domain/split.ts'
import { offeredValues, type QueryKey } from './key.ts'

/** A fact of clips by which they are filtered and sorted. */
export type ClipFact =
  | 'path'
  | 'split'
  | 'frames'
  | 'duration'
  | 'fps'
  | 'width'
  | 'height'
  | 'codec'
  | 'size'
  | 'excluded'
  | 'boxes'
  | 'boxClass'

/** Facts of which there are histograms. */
export const measuredFacts = ['frames', 'duration', 'fps', 'width', 'height', 'size'] as const satisfies ClipFact[]
export type MeasuredFact = (typeof measuredFacts)[number]

interface ClipKey extends Pick<QueryKey, 'label' | 'kind' | 'help'> {
  readonly unit?: string
  readonly options?: readonly string[]
}

const clipFacts: Readonly<Record<ClipFact, ClipKey>> = {
  path: { label: 'File', kind: 'text', help: 'File, relative to the folder of the dataset.' },
  split: {
    label: 'Split',
    kind: 'text',
    help: 'Split of the clip; clips outside of every split have none.',
    options: splits,
  },
  frames: { label: 'Frames', kind: 'number', unit: 'frames', help: 'Frames of the clip.' },
  duration: { label: 'Duration', kind: 'number', unit: 's', help: 'Duration of the video: 500ms, 2.5s, 1min.' },
  fps: { label: 'Frames per second', kind: 'number', help: 'Frame rate of the video.' },
  width: { label: 'Width', kind: 'number', unit: 'px', help: 'Width of the video.' },
  height: { label: 'Height', kind: 'number', unit: 'px', help: 'Height of the video.' },
  codec: { label: 'Codec', kind: 'text', help: 'Codec of the video.' },
  size: { label: 'Size', kind: 'number', unit: 'B', help: 'Size of the file: 500KiB, 2MiB.' },
  excluded: { label: 'Excluded', kind: 'flag', help: 'Whether new runs leave the clip out.' },
  boxes: { label: 'Boxes', kind: 'number', help: 'Number of boxes in the clip.' },
  boxClass: {
    label: 'Classes of boxes',
    kind: 'text',
    help: 'Classes of the boxes in the clip, such as the actions of AVA.',
  },
}

/** What a key of clips is: a fact of the file or the class in a label set. */
export type ClipSource =
  | { readonly kind: 'fact'; readonly fact: ClipFact }
  | { readonly kind: 'class'; readonly labelSet: string }

export interface ClipKeys {
  readonly keys: readonly QueryKey[]
  readonly sourceOf: (key: string) => ClipSource | undefined
}

/** What a filter of a dataset's clips is made for. */
export interface ClipKeysOf {
  /** Codecs of the videos, which are offered for completion. */
  readonly codecs: readonly string[]
  readonly labelSets: readonly LabelSet[]
  readonly shown: LabelSet | undefined
  /** Classes of boxes; undefined if the clips have no boxes. */
  readonly boxClasses: readonly string[] | undefined
}

/**
 * What a filter of a dataset's clips looks into: facts of the file, and the class in each label set, by the name of the set.
 * `class` is that in the label set that is shown. A word without a key is searched for in the path, the split and the classes, also of
 * boxes.
 */
export function clipKeys({ codecs, labelSets, shown, boxClasses }: ClipKeysOf): ClipKeys {
  const sources = new Map<string, ClipSource>()
  const keys: QueryKey[] = []
  const add = (key: QueryKey, source: ClipSource) => {
    if (sources.has(key.key)) return
    sources.set(key.key, source)
    keys.push(key)
  }
  for (const fact of Object.keys(clipFacts).filter(isClipFact)) {
    if (boxClasses === undefined && isOfBoxes(fact)) continue
    const { label, kind, help, unit = '', options } = clipFacts[fact]
    const values = options ?? (fact === 'codec' ? offeredValues(codecs) : fact === 'boxClass' ? (boxClasses ?? []) : [])
    add(
      {
        key: fact,
        label,
        kind,
        help,
        unit,
        group: 'Clip',
        values,
        ...(options === undefined ? {} : { isComplete: true }),
      },
      { kind: 'fact', fact },
    )
  }
  const addClass = (key: string, label: string, help: string, { name, classes }: LabelSet) =>
    add(
      { key, label, kind: 'text', unit: '', help, group: 'Labels', values: classes },
      { kind: 'class', labelSet: name },
    )
  if (shown !== undefined) addClass('class', 'Class', `Class in the label set ${shown.name}.`, shown)
  for (const set of labelSets) addClass(set.name, set.name, `Class in the label set ${set.name}.`, set)
  return { keys, sourceOf: (key) => sources.get(key) }
}

const isOfBoxes = (fact: ClipFact): boolean => fact === 'boxes' || fact === 'boxClass'

const isClipFact = (key: string): key is ClipFact => key in clipFacts
