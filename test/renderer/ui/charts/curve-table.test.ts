import { expect, it } from 'vitest'
import { fetchCurves, fetchRange } from '#renderer/ui/charts/curve-table.ts'
import { directStudio } from '../../support/fake-app.ts'
import { addRuns } from '../../support/fake-many.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

it('fetches more runs than one call may have, each in fewer buckets', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  const ids = addRuns(fake.world, { pipelines: 210, points: 400, metrics: 1 })
  const { client } = directStudio(fake)
  const curves = await fetchCurves(client)(ids)
  expect(curves.map(({ runId }) => runId)).toEqual(ids)
  expect(Math.max(...curves.map(({ start }) => start.length))).toBeLessThanOrEqual(250)
  const detail = await fetchRange(client, () => ids)('train/loss', 100, 300)
  expect(detail).toHaveLength(210)
  expect(detail[0]).toMatchObject({ width: 1 })
  fake.close()
})
