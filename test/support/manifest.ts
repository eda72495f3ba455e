import {
  type DatasetManifest,
  defaultSplitSet,
  type Split,
  type StoredSample,
  type Video,
} from '#contract/domain/dataset.ts'

/** A video with one sample: the whole of it, or `span`. */
export type LabelledVideo = Video & Pick<StoredSample, 'labels' | 'span'> & { readonly split: Split }

/** A manifest with one sample per video. */
export function manifestOf(
  labelled: readonly LabelledVideo[],
  fields: Partial<Pick<DatasetManifest, 'name' | 'root' | 'labelSets'>> = {},
): DatasetManifest {
  return {
    name: 'd',
    root: '/d',
    createdAt: '',
    digest: '',
    labelSets: [],
    videos: labelled.map(({ split: _split, labels: _labels, span: _span, ...video }) => video),
    samples: labelled.map(({ id, labels, span }) => ({
      id,
      video: id,
      labels,
      ...(span === undefined ? {} : { span }),
    })),
    splitSets: [{ name: defaultSplitSet, splits: Object.fromEntries(labelled.map(({ id, split }) => [id, split])) }],
    broken: [],
    ...fields,
  }
}
