import type { SampleRequest } from '#contract/domain/dataset-detail.ts'
import type { AddressCodec } from '../../ui/address.ts'

/** The order of a list of samples; undefined for that of the dataset. */
export type SampleSort = SampleRequest['sort']

/** Keys of the filter language by which samples are sorted. */
export const sortKeys = ['path', 'class', 'duration', 'frames', 'fps', 'size', 'width', 'height'] as const

/** The order of samples in an address: `duration`, `-size`, descending with a minus. */
export const addressSampleSort: AddressCodec<SampleSort> = {
  read(text = '') {
    const isDescending = text.startsWith('-')
    const key = sortKeys.find((one) => one === text.slice(isDescending ? 1 : 0))
    return key === undefined ? undefined : { key, isDescending }
  },
  write: (sort) => (sort === undefined ? undefined : `${sort.isDescending ? '-' : ''}${sort.key}`),
}
