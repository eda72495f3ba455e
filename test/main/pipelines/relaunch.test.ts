import { expect, test } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import { unorganized } from '#contract/domain/organization.ts'
import { differencesSince } from '#main/pipelines/relaunch.ts'
import { requestFor } from '../support.ts'

const gone = (): never => {
  throw new StudioError('not-found', 'There is no dataset called shapes.', '')
}
const always = (digest: string) => () => ({ digest })

const launched = {
  ...requestFor('shapes'),
  id: 'first',
  labels: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  datasetDigest: 'a',
  studioVersion: '1.0.0',
  runIds: [],
  organization: unorganized,
}

test.each([
  ['nothing', launched, { version: '1.0.0', dataset: always('a') }, []],
  [
    'dataset and version',
    launched,
    { version: '1.1.0', dataset: always('b') },
    [
      'The dataset shapes has changed since this pipeline was launched.',
      'Version 1.0.0 of the studio launched this pipeline. This is version 1.1.0.',
    ],
  ],
  [
    'an early pipeline',
    { ...launched, studioVersion: undefined },
    { version: '1.1.0', dataset: always('a') },
    ['It is not known which version of the studio launched this pipeline. This is version 1.1.0.'],
  ],
])('differences: %s', (_what, pipeline, now, expected) => expect(differencesSince(pipeline, now)).toEqual(expected))

test('a dataset that is gone is said', () => {
  expect(differencesSince(launched, { version: '1.0.0', dataset: gone })).toEqual([
    'There is no dataset called shapes.',
  ])
})
